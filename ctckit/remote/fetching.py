"""What an address means on this machine: fetched once into a folder of data sets."""

import json
import shutil
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from hashlib import file_digest
from pathlib import Path
from typing import Any

from ctckit.errors import InputError
from ctckit.files import not_writable, put_in_place, replace_atomically
from ctckit.locks import in_turn
from ctckit.log import LOGGER, counted, progress
from ctckit.remote.addresses import Address, address_of, is_remote
from ctckit.remote.folders import fetch_folder, version_of, within_folder
from ctckit.remote.limits import Limits, limits_of_environment
from ctckit.remote.s3 import Store, Stored
from ctckit.remote.transfer import Cut, Open, Progress, Version, complete, require_few
from ctckit.remote.web import WebFile

DATASETS_DIR = Path("Datasets")
NOTE = "fetched.json"
UNFINISHED = ".unfinished"  # a file or a folder
VERSION = ".unfinished.json"
PATIENCE = Limits(whole_s=10.0, pause_s=5.0)  # to find out whether it has changed
MANY = 10_000  # objects of a folder, which are not all looked at for that


def fetched(source: str | Path, datasets_dir: str | Path = DATASETS_DIR) -> Path:
    """Return a path of this machine: the source itself, or what was fetched from its address.

    Raises:
        InputError: it cannot be fetched.
    """
    return fetch(source, datasets_dir) if is_remote(source) else Path(source)


def without_secret(source: str, datasets_dir: str | Path = DATASETS_DIR) -> str:
    """Return a source to note: an address with a signature as the path of what was fetched."""
    address = address_of(source) if is_remote(source) else None
    if address is None or not address.query:
        return source
    folder = Path(datasets_dir) / address.folder
    note = _note(folder)
    return str(address) if note is None else str(folder / str(note["name"]))


def fetch(
    source: str | Path,
    datasets_dir: str | Path = DATASETS_DIR,
    *,
    limits: Limits | None = None,
) -> Path:
    """Return the file or folder that was fetched from an address; fetch it if it is not there.

    Each address has a folder of its own. Beside what was fetched a note, `fetched.json`, keeps its
    ETag, size and SHA-256; what is half-written has other names, and is gone on with, if the server
    still has the same.

    Args:
        source: `s3://bucket/key`, of one object or of all whose keys begin with `key/`; or
            `https://host/set.zip`.
        datasets_dir: where data sets lie.
        limits: of size and time; None: those of the environment.

    Raises:
        InputError: there is no such thing, it may not be fetched, there is no room for it, or it
            does not come.
    """
    address = address_of(source)
    folder = Path(datasets_dir) / address.folder
    limits = limits or limits_of_environment()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with in_turn(folder / "lock"):  # another process may be at it
            note = _note(folder)
            if note is not None:
                _tell_known(address, folder, note)
                return folder / str(note["name"])
            LOGGER.info("fetching    %s to %s", address, folder)
            return _fetch_anew(address, folder, limits)
    except Cut as error:
        raise InputError(
            f"expected {address}, received no answer ({error}); try again when it can be reached"
        ) from error
    except OSError as error:
        raise not_writable(folder, error) from error


def _note(folder: Path) -> Mapping[str, Any] | None:
    """Return what is known of what is there; None where nothing whole is."""
    try:
        note = json.loads((folder / NOTE).read_text(encoding="utf-8"))
        path = folder / str(note["name"])
        whole = path.is_dir() or path.stat().st_size == note["size"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return note if whole and path.parent == folder else None


def _tell_known(address: Address, folder: Path, note: Mapping[str, Any]) -> None:
    """Say that it is there already, and whether another one is where it came from."""
    try:
        now = _look(address, note)
    except (Cut, InputError) as error:
        asked = f"whether it has changed cannot be found out: {error}"
    else:
        if now is None or now == {name: note.get(name) for name in now}:
            LOGGER.info("fetched     %s was fetched on %s; to fetch it anew, remove %s",
                        address, note.get("fetched"), folder)  # fmt: skip
            return
        asked = "there is another one now"
    LOGGER.warning("fetched     %s was fetched on %s and is used (%s); to fetch it anew, remove %s",
                   address, note.get("fetched"), asked, folder)  # fmt: skip


def _look(address: Address, note: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return version and size of what is there now, as far as they can be known."""
    if address.scheme != "s3":
        version, size = WebFile(address, PATIENCE).look()
        return ({"version": version} if version else {}) | ({"size": size} if size else {})
    store = Store(address, PATIENCE)
    if note.get("files") is None:
        found = store.look(address.path)
        return {"version": found and found.tag, "size": found and found.size}
    if note["files"] > MANY:
        return None
    return {"version": version_of(within_folder(store, address))}


def _fetch_anew(address: Address, folder: Path, limits: Limits) -> Path:
    ends_at = time.monotonic() + limits.whole_s
    if address.scheme != "s3":
        return _fetch_file(address, folder, WebFile(address, limits).opened, limits, ends_at)
    store = Store(address, limits)
    is_file = address.path and not address.path.endswith("/") and store.look(address.path)
    if is_file:
        return _fetch_file(address, folder, store.opener(address.path), limits, ends_at)
    objects = within_folder(store, address)
    if not objects:
        raise InputError(
            f"expected a file or a folder of them, received nothing at {address}; correct the "
            "address"
        )
    return _fetch_folder(address, folder, store, objects, limits, ends_at)


def _fetch_file(
    address: Address, folder: Path, opened: Open, limits: Limits, ends_at: float
) -> Path:
    part, noted = folder / UNFINISHED, folder / VERSION
    with _bar() as (began, came):

        def begin(size: int | None, there: int) -> None:
            require_room(folder, (size or 0) - there)
            began(size, there)

        version = complete(
            str(address),
            opened,
            part,
            version=_read_version(noted),
            limits=limits,
            ends_at=ends_at,
            progress=Progress(begin, came, lambda now: _write_version(noted, now)),
        )
    name = _checked_name(address, part)
    with part.open("rb") as content:
        digest = file_digest(content, "sha256").hexdigest()
    facts = {"version": version.tag, "size": version.size, "sha256": digest}
    return _kept(address, folder, part, name, facts)


def _fetch_folder(
    address: Address,
    folder: Path,
    store: Store,
    objects: Mapping[str, Stored],
    limits: Limits,
    ends_at: float,
) -> Path:
    size = sum(one.size for one in objects.values())
    require_few(str(address), size, limits)
    part = folder / UNFINISHED
    there = sum(file.stat().st_size for file in part.rglob("*") if file.is_file())
    require_room(folder, size - there)
    LOGGER.info("            %s, %.1f MB", counted(len(objects), "file"), size / 1e6)
    with _bar() as (began, came):
        began(size, 0)
        fetch_folder(store, objects, part, limits, ends_at, came)
    facts = {"version": version_of(objects), "size": size, "files": len(objects)}
    return _kept(address, folder, part, address.name, facts)


def _kept(address: Address, folder: Path, part: Path, name: str, facts: Mapping[str, Any]) -> Path:
    """Give what is whole its name, and note what it is."""
    target = folder / name
    if target.is_dir():
        shutil.rmtree(target)
    put_in_place(part, target)
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    with replace_atomically(folder / NOTE) as temporary:
        text = json.dumps(
            {"address": str(address), "name": name, **facts, "fetched": now}, indent=1
        )
        temporary.write_text(text + "\n", encoding="utf-8")
    (folder / VERSION).unlink(missing_ok=True)
    return target


def _checked_name(address: Address, part: Path) -> str:
    """Return the name that what came shall have: the suffix tells what it is.

    Raises:
        InputError: it is called a zip archive, and is none.
    """
    is_zip = zipfile.is_zipfile(part)
    called_zip = address.name.lower().endswith(".zip")
    if called_zip and not is_zip:
        with part.open("rb") as content:
            beginning = content.read(40)
        part.unlink()
        raise InputError(
            f"expected a zip archive at {address}, received something that begins with "
            f"{beginning!r}; correct the address, or log in where it asks for that"
        )
    return f"{address.name}.zip" if is_zip and not called_zip else address.name


def require_room(folder: Path, size: int) -> None:
    """Refuse to begin what will not fit.

    Raises:
        InputError: fewer bytes are free.
    """
    free = shutil.disk_usage(folder).free
    if size > free:
        raise InputError(
            f"expected room for {size / 1e9:.2f} GB in {folder}, received {free / 1e9:.2f} GB; "
            "make room there, or work in a folder on another disk"
        )


@contextmanager
def _bar() -> Iterator[tuple[Any, Any]]:
    """Lend a bar, as the two functions that tell it how it goes."""
    with progress((), "fetch", unit="B", total=0) as bar:

        def began(size: int | None, there: int) -> None:
            bar.total = size
            bar.n = there
            bar.refresh()

        yield began, bar.update


def _read_version(noted: Path) -> Version:
    try:
        known = json.loads(noted.read_text(encoding="utf-8"))
        return Version(str(known["tag"]), known["size"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return Version()


def _write_version(noted: Path, version: Version) -> None:
    with replace_atomically(noted) as temporary:
        temporary.write_text(json.dumps(version._asdict()), encoding="utf-8")
