"""Read the members of zip archives in place; nothing is unpacked.

Each thread of each process has its own open archives: one file position cannot serve two.
"""

import os
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from ctckit.errors import InputError
from ctckit.image.zip_names import guess_encoding

IN_UTF_8 = 1 << 11  # flag of a member: its name is
MAX_BYTES = 2**30  # of a member, unpacked
MAX_RATIO = 200  # of what is unpacked to what is packed; images and lists stay far below,
LARGE = 2**26  # bytes: only what is larger than this is a bomb
METHODS = (ZIP_STORED, ZIP_DEFLATED)  # others can make gigabytes of one block
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
    return [info for name, info in members.items() if name and not info.is_dir()]


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
        InputError: the archive or the member is missing, damaged or encrypted, or far larger than
            it looks, or the archive changed since this thread opened it.
    """
    with _one_line(f"{archive}!{member}"):
        file = _current(archive, unchanged=True)
        info = file.getinfo(member)
        _refuse_bomb(info)
        with file.open(info) as opened:
            # No more than it says that it has, and on to its end, where the checksum is compared.
            return opened.read(info.file_size + 1)


def _refuse_bomb(info: ZipInfo) -> None:
    """Refuse a member that would fill the memory."""
    if info.compress_type not in METHODS:
        raise NotImplementedError("this kind of compression is not read")
    is_bomb = info.file_size > max(LARGE, MAX_RATIO * info.compress_size)
    if is_bomb or info.file_size > MAX_BYTES:
        raise OSError(
            f"expected up to {MAX_BYTES:,} bytes, unpacked, and up to {MAX_RATIO} for each packed "
            f"one, received {info.file_size:,} of {info.compress_size:,}; make the files smaller"
        )


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
