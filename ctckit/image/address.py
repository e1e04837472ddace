"""Addresses of images: `a.png` is a file, `set.zip!folder/a.png` a member of an archive.

`set/data.mdb!image-000000001` and `set.lmdb!image-000000001` are values in an LMDB file, by key. An
address is a string, so that lists of samples, CSV files and reports are the same for every store.
A plain file whose own name has a `!` is that file.
"""

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from io import FileIO
from pathlib import Path

from ctckit.errors import InputError
from ctckit.files import EXHAUSTED
from ctckit.image.lmdbs import SUFFIXES as LMDB_SUFFIXES
from ctckit.image.lmdbs import expect_values, has_key, read_value
from ctckit.image.zips import has_member, read_member

MANY_IN_A_FOLDER = 100  # files, from which looking at all of them takes less time
_SUFFIXES = (".zip", *LMDB_SUFFIXES)
_AFTER = "|".join(f"(?<={re.escape(suffix)})" for suffix in _SUFFIXES)
_MARK = re.compile(f"(?:{_AFTER})!(?=.)", re.IGNORECASE)  # between an archive and its member


def read_bytes(address: str | Path) -> bytes:
    """Return the content of the file or member at `address`.

    Raises:
        InputError: names the address as it was given, and why it cannot be read.
        OSError: the process has no file handle or no memory left.
    """
    place = split_address(address)
    if place is not None:
        return read_value(*place) if _is_lmdb(place[0]) else read_member(*place)
    try:
        with FileIO(os.fspath(address)) as file:  # no buffer, no Path: half the time
            return file.read()
    except OSError as error:
        if error.errno in EXHAUSTED:  # the image may be as it should be
            raise
        raise InputError(f"cannot read {address}: {error.strerror or error}") from error


def expect_bytes(addresses: Iterable[object]) -> None:
    """Let the system read at once what `read_bytes` will be asked for one by one.

    Disks answer many questions in little more time than one. What is no address is passed over,
    and so is what must be read by itself.
    """
    by_file: dict[str, list[str]] = {}
    for address in addresses:
        # Not `split_address`: what is meant otherwise is only read by itself.
        file, mark, key = address.rpartition("!") if isinstance(address, str) else ("", "", "")
        if mark and _is_lmdb(file):
            by_file.setdefault(file, []).append(key)
    for file, keys in by_file.items():
        expect_values(file, keys)


def exists(address: str | Path) -> bool:
    """Say whether there is such a file, or such a member of an archive.

    Raises:
        InputError: the archive is there, but cannot be read.
    """
    place = split_address(address)
    if place is None:
        return os.path.isfile(address)  # noqa: PTH113 - a name may be too long for Path
    if not os.path.isfile(place[0]):  # noqa: PTH113
        return False
    return has_key(*place) if _is_lmdb(place[0]) else has_member(*place)


def absolute(address: str | Path) -> str:
    """Return the same address, valid in every working directory."""
    return next(absolute_all([address]))


def absolute_all(addresses: Iterable[str | Path]) -> Iterator[str]:
    """Yield what `absolute` returns for each, for many: a folder is looked at only once."""
    folders: dict[str, str] = {}
    links = _Links()
    for address in addresses:
        place = split_address(address)
        folder, name = os.path.split(os.fspath(address) if place is None else place[0])
        if folder not in folders:
            folders[folder] = os.path.realpath(folder)
        path = os.path.join(folders[folder], name)  # noqa: PTH118
        if place is not None:
            # A link keeps its own name: what it leads to may not end in .zip or .mdb.
            yield join_address(path, place[1])
        elif name in ("", ".", "..") or links.have(folders[folder], name):
            yield os.path.realpath(path)
        else:
            yield path


class _Links:
    """Which files are links: in a folder of which many are asked for, all are looked at at once."""

    def __init__(self) -> None:
        self._asked: Counter[str] = Counter()
        self._known: dict[str, set[str]] = {}

    def have(self, folder: str, name: str) -> bool:
        """Say whether the file of this name in a folder is one."""
        if folder not in self._known:
            self._asked[folder] += 1
            if self._asked[folder] == MANY_IN_A_FOLDER:
                with suppress(OSError), os.scandir(folder) as entries:
                    self._known[folder] = {entry.name for entry in entries if entry.is_symlink()}
        if folder in self._known:
            return name in self._known[folder]
        return os.path.islink(os.path.join(folder, name))  # noqa: PTH114, PTH118


def name_of(address: str | Path) -> str:
    """Return the last part of an address, to show to people.

    >>> name_of("photos/a.png"), name_of("set.zip!photos/a.png")
    ('a.png', 'a.png')
    """
    place = split_address(address)
    return Path(address).name if place is None else re.split(r"[/\\]", place[1])[-1]


def join_address(archive: str | Path, member: str) -> str:
    """Return the address of a member of an archive, whose name ends in `.zip`, `.mdb` or `.lmdb`.

    >>> join_address("set.zip", "photos/a.png")
    'set.zip!photos/a.png'
    """
    return f"{archive}!{member}"


def address_from(folder: str | Path, address: str) -> str:
    """Return `address`, which is relative to `folder` unless it is absolute.

    >>> address_from("sets", "plates.zip!a.png")
    'sets/plates.zip!a.png'
    """
    mark = _MARK.search(address)
    if mark is None:
        return str(Path(folder, address))
    return join_address(Path(folder, address[: mark.start()]), address[mark.end() :])


def relative_to(address: str | Path, folder: str | Path) -> str:
    """Return an absolute `address` relative to a `folder` that holds it, with `/`.

    >>> relative_to("/sets/plates/old.zip!in/a.png", "/sets")
    'plates/old.zip!in/a.png'
    """
    start = os.path.join(folder, "")  # noqa: PTH118
    text = os.fspath(address)
    if not text.startswith(start):
        raise ValueError(f"{text} is not in {folder}")
    place = split_address(text)
    if place is None:
        return text[len(start) :].replace(os.sep, "/")
    return join_address(place[0][len(start) :].replace(os.sep, "/"), place[1])


def file_of(address: str | Path) -> str:
    """Return the file at `address`: itself, or the archive that holds it.

    >>> file_of("a.png"), file_of("set.zip!a.png")
    ('a.png', 'set.zip')
    """
    place = split_address(address)
    return os.fspath(address) if place is None else place[0]


def split_address(address: str | Path) -> tuple[str, str] | None:
    """Return archive and member, or None where `address` is that of a plain file."""
    text = os.fspath(address)
    if "!" not in text:
        return None
    places = _places(text)
    if not places or os.path.isfile(text):  # noqa: PTH113 - a name may be too long for Path
        return None
    if len(places) == 1:
        return places[0]
    return next((place for place in places if os.path.isfile(place[0])), places[0])  # noqa: PTH113


def _places(text: str) -> list[tuple[str, str]]:
    archive, _, member = text.partition("!")
    if "!" not in member:  # as below, in a fifth of the time
        is_one = archive.lower().endswith(_SUFFIXES) and member[:1] not in ("", "\n")
        return [(archive, member)] if is_one else []
    return [(text[: mark.start()], text[mark.end() :]) for mark in _MARK.finditer(text)]


def _is_lmdb(archive: str) -> bool:
    return archive.lower().endswith(LMDB_SUFFIXES)
