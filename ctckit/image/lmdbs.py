"""Read images in LMDB files in place, as deep-text-recognition-benchmark and its heirs keep them.

Nothing is locked: the files are only read.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from ctckit.errors import InputError
from ctckit.files import EXHAUSTED
from ctckit.image.lmdb_pages import DamagedPagesError, LmdbFile

SUFFIXES = (".mdb", ".lmdb")

_OPENED: dict[str, LmdbFile] = {}  # in this process, by path


def read_value(file: str, key: str) -> bytes:
    """Return what an LMDB file holds under a key.

    Raises:
        InputError: the file or the key is missing, or the file is damaged or none of LMDB.
        OSError: the process has no file handle or no memory left.
    """
    address = f"{file}!{key}"
    with _one_line(address):
        value = _current(file).value(key.encode())
    if value is None:
        raise InputError(f"cannot read {address}: the file has no such key")
    return value


def has_key(file: str, key: str) -> bool:
    """Say whether an LMDB file holds something under a key; it is not read.

    Raises:
        InputError: as `read_value`, but for a missing key.
    """
    with _one_line(file):
        return _current(file).has(key.encode())


def expect_values(file: str, keys: Iterable[str]) -> None:
    """Let the system read what `read_value` will be asked for, all of it at once.

    What is wrong with the file is said when it is asked.
    """
    with suppress(DamagedPagesError, UnicodeError, OSError):
        _current(file).expect(key.encode() for key in keys)


def items(file: str, prefix: str) -> Iterator[tuple[str, bytes]]:
    """Yield what follows `prefix` in the keys that start with it, sorted, and their values.

    Raises:
        InputError: as `read_value`.
    """
    start = prefix.encode()
    with _one_line(file):
        for key, value in _current(file).items(start):
            yield key[len(start) :].decode(), value


def keys(file: str, prefix: str) -> Iterator[str]:
    """Yield what follows `prefix` in the keys that start with it, sorted; no value is read.

    Raises:
        InputError: as `read_value`.
    """
    start = prefix.encode()
    with _one_line(file):
        for key in _current(file).keys(start):
            yield key[len(start) :].decode()


def close_if_changed(file: str) -> None:
    """Close an LMDB file that is another one than when it was opened."""
    kept = _OPENED.get(_key(file))
    if kept is not None and (not os.path.isfile(file) or kept.state != _state(file)):  # noqa: PTH113
        close_lmdb(file)


def close_lmdb(file: str) -> None:
    """Close an LMDB file, so that it can be replaced or removed on every system."""
    kept = _OPENED.pop(_key(file), None)
    if kept is not None:
        kept.close()


def _current(file: str) -> LmdbFile:
    key = _key(file)
    # Of two threads that open it at once one has the other's, and its own is closed as it goes.
    return _OPENED.get(key) or _OPENED.setdefault(key, LmdbFile(file))


def _key(file: str) -> str:
    """Return the path by which a file is known; for every image that is read."""
    return file if os.path.isabs(file) else os.path.abspath(file)  # noqa: PTH100, PTH117


def _state(file: str) -> tuple[int, int]:
    found = os.stat(file)  # noqa: PTH116
    return found.st_mtime_ns, found.st_size


@contextmanager
def _one_line(address: str) -> Iterator[None]:
    """Turn what is wrong with a file into an InputError that names the address and the reason."""
    try:
        yield
    except DamagedPagesError as error:
        raise InputError(
            f"cannot read {address}: expected an LMDB file, received none or a damaged one "
            f"({error}); copy it again"
        ) from error
    except UnicodeError as error:
        raise InputError(f"cannot read {address}: expected keys in UTF-8, {error}") from error
    except OSError as error:
        if error.errno in EXHAUSTED:  # the file may be as it should be
            raise
        raise InputError(f"cannot read {address}: {error.strerror or error}") from error
