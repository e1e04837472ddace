"""All objects of a store whose keys begin alike, as the files of a folder."""

import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from hashlib import sha256
from pathlib import Path, PurePosixPath

from ctckit.errors import InputError
from ctckit.files import not_writable
from ctckit.remote.addresses import Address
from ctckit.remote.limits import Limits
from ctckit.remote.s3 import Store, Stored
from ctckit.remote.transfer import Cut, Progress, Version, complete

THREADS = 8


class _Ended(Exception):  # noqa: N818
    """Somebody else failed, or ended it."""


def within_folder(store: Store, address: Address) -> dict[str, Stored]:
    """Return the objects below an address, by the name that each has relative to it.

    Hidden ones, and the empty ones that stand for folders, are left out.

    Raises:
        Cut: they cannot be listed now.
        InputError: they may not be listed, or a name leads out of the folder, or is that of a
            folder, too.
    """
    prefix = f"{address.path.rstrip('/')}/" if address.path.strip("/") else ""
    found = {one.key.removeprefix(prefix): one for one in store.listed(prefix)}
    files = {
        name: one
        for name, one in found.items()
        if name and not name.endswith("/") and not _is_hidden(name)
    }
    folders = {str(folder) for name in files for folder in PurePosixPath(name).parents}
    for name in files:
        if not _stays_within(name) or name in folders:
            raise InputError(
                f"expected names of files below {address}, received {name!r}; give it another name "
                "there, or fetch the folder yourself"
            )
    return files


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") and part.strip(".") for part in name.split("/"))


def _stays_within(name: str) -> bool:
    parts = name.split("/")
    own = os.sep == "/" or not set(name) & set('\\:*?"<>|')
    return own and "\0" not in name and not set(parts) & {"", ".", ".."}


def version_of(objects: Mapping[str, Stored]) -> str:
    """Return what tells these objects from any others."""
    digest = sha256()
    for name in sorted(objects):
        digest.update(f"{name}\0{objects[name].tag}\0{objects[name].size}\n".encode())
    return digest.hexdigest()


def fetch_folder(
    store: Store,
    objects: Mapping[str, Stored],
    target: Path,
    limits: Limits,
    ends_at: float,
    came: Callable[[int], object],
) -> None:
    """Fetch objects into a folder; what is there of them already is not fetched again.

    A file that is whole has the time of its object; one that is not has another name.

    Args:
        store: where they are.
        objects: by name relative to the folder.
        target: the folder.
        limits: of size and time.
        ends_at: when it is to be given up, by `time.monotonic`.
        came: called with numbers of bytes.

    Raises:
        InputError: as `transfer.complete` has it.
    """
    lock = threading.Lock()
    ended = threading.Event()

    def count(number: int) -> None:
        if ended.is_set():
            raise _Ended
        with lock:
            came(number)

    with ThreadPoolExecutor(THREADS) as pool:
        futures = [
            pool.submit(_fetch_one, store, objects[name], target / name, limits, ends_at, count)
            for name in sorted(objects)
        ]
        try:
            for future in wait(futures, return_when=FIRST_EXCEPTION).done:
                future.result()
        finally:
            ended.set()
            pool.shutdown(cancel_futures=True)


def _fetch_one(
    store: Store,
    one: Stored,
    path: Path,
    limits: Limits,
    ends_at: float,
    count: Callable[[int], object],
) -> None:
    try:
        if path.is_file() and _is(path, one):
            count(one.size)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        digest = sha256(f"{path.name}\0{one.tag}".encode()).hexdigest()[:16]
        part = path.with_name(f".{digest}")  # the version is in the name
        what = f"s3://{store.bucket}/{one.key}"
        if part.exists():
            count(part.stat().st_size)
        version = complete(
            what,
            store.opener(one.key),
            part,
            version=Version(one.tag, one.size),
            limits=limits,
            ends_at=ends_at,
            progress=Progress(came=count),
        )
        if version.tag != one.tag:
            part.unlink()
            raise InputError(
                f"expected {what} to stay as it is, received another one while it was fetched; "
                "try again"
            )
        os.utime(part, (one.changed, one.changed))
        part.replace(path)
    except Cut:
        raise
    except OSError as error:
        raise not_writable(path, error) from error


def _is(path: Path, one: Stored) -> bool:
    found = path.stat()
    return found.st_size == one.size and abs(found.st_mtime - one.changed) < 1
