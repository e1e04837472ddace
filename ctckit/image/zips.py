"""Read the members of zip archives in place; nothing is unpacked.

Each thread of each process has its own open archives: one file position cannot serve two.
"""

import os
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple
from zipfile import BadZipFile, ZipFile, ZipInfo

from ctckit.errors import InputError
from ctckit.image.zip_names import guess_encoding

IN_UTF_8 = 1 << 11  # flag of a member: its name is
MAX_OPEN = 8  # archives in each thread; the one opened first is closed for a further one


class _Opened(NamedTuple):
    """An open archive, and the state of its file when it was opened."""

    file: ZipFile
    state: tuple[int, int]


class _Archives(threading.local):
    """The open archives of this thread, by process and path.

    A forked process has those of its parent, too, but would share their positions with it.
    """

    def __init__(self) -> None:
        self.opened: dict[tuple[int, str], _Opened] = {}


_ARCHIVES = _Archives()


def list_members(archive: str) -> list[ZipInfo]:
    """Open `archive` anew and return what is known of each file in it; folders are left out.

    Raises:
        InputError: it is no zip archive, or a damaged one, or cannot be read.
    """
    close_archive(archive)
    with _one_line(archive):
        members = {info.filename: info for info in _current(archive).infolist()}
    # Of two members with one name the later counts, as in reading.
    return [info for info in members.values() if not info.is_dir()]


def has_member(archive: str, member: str) -> bool:
    """Say whether `archive` holds `member`.

    Raises:
        InputError: as `list_members`.
    """
    with _one_line(archive):
        return member in _current(archive).NameToInfo


def read_member(archive: str, member: str) -> bytes:
    """Return the content of a member.

    Raises:
        InputError: the archive or the member is missing, damaged or encrypted, or the archive
            changed since this thread opened it.
    """
    with _one_line(f"{archive}!{member}"):
        return _current(archive, unchanged=True).read(member)


def close_archive(archive: str) -> None:
    """Close `archive` in this thread, so that it can be removed on every system."""
    if (kept := _ARCHIVES.opened.pop(_key(archive), None)) is not None:
        kept.file.close()


def _current(archive: str, *, unchanged: bool = False) -> ZipFile:
    """Return the archive as it is now, open; with `unchanged` refuse one that changed once."""
    key, state = _key(archive), _state(archive)
    kept = _ARCHIVES.opened.get(key)
    if kept is not None and kept.state == state:
        return kept.file
    close_archive(archive)
    if kept is not None and unchanged:
        raise OSError("the archive changed since it was opened; start again")
    while len(_ARCHIVES.opened) >= MAX_OPEN:
        del _ARCHIVES.opened[next(iter(_ARCHIVES.opened))]
    _ARCHIVES.opened[key] = _Opened(_open(archive), state)
    return _ARCHIVES.opened[key].file


def _open(archive: str) -> ZipFile:
    """Open `archive`, its names in the encoding that they are in."""
    file = ZipFile(archive)
    unmarked = [
        info.filename.encode("cp437")
        for info in file.filelist
        if not info.filename.isascii() and not info.flag_bits & IN_UTF_8
    ]
    if not unmarked:
        return file
    file.close()
    return ZipFile(archive, metadata_encoding=guess_encoding(unmarked, archive))


def _key(archive: str) -> tuple[int, str]:
    return os.getpid(), os.path.abspath(archive)  # noqa: PTH100 - for every image that is read


def _state(archive: str) -> tuple[int, int]:
    found = os.stat(archive)  # noqa: PTH116 - for every image that is read
    return found.st_mtime_ns, found.st_size


@contextmanager
def _one_line(address: str) -> Iterator[None]:
    """Turn what `zipfile` raises into an InputError that names the address and the reason."""
    try:
        yield
    except KeyError as error:
        raise InputError(f"cannot read {address}: the archive has no such member") from error
    except (BadZipFile, zlib.error, EOFError, UnicodeDecodeError) as error:
        raise InputError(
            f"cannot read {address}: expected a zip archive, received none or a damaged one "
            f"({error}); pack it again"
        ) from error
    except RuntimeError as error:  # an encrypted member, or a compression zipfile does not know
        raise InputError(f"cannot read {address}: {error}; pack it again as a plain zip") from error
    except OSError as error:
        raise InputError(f"cannot read {address}: {error.strerror or error}") from error
