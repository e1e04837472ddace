"""Read images in LMDB files in place, as deep-text-recognition-benchmark and its heirs keep them.

A process may open such a file once, and any number of its threads may read from it; what a forked
process has of its parent's it closes and opens anew. Nothing is locked: the files are only read.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, NamedTuple

from ctckit.errors import InputError
from ctckit.image.lmdb_pages import DamagedPagesError, require_whole_pages

SUFFIXES = (".mdb", ".lmdb")


class _Opened(NamedTuple):
    """An open file, and its state when it was opened."""

    environment: Any
    identity: tuple[int, int]  # device and inode: links to one file are one
    state: tuple[int, int]


class _Files:
    """The LMDB files that are open in this process, by path."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.opened: dict[str, _Opened] = {}


_FILES = _Files()


def _open_anew() -> None:
    _FILES.lock = threading.Lock()  # another thread of the parent may have held the old one
    for opened in _FILES.opened.values():
        opened.environment.close()
    _FILES.opened.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_open_anew)


def read_value(file: str, key: str) -> bytes:
    """Return what an LMDB file holds under a key.

    Raises:
        InputError: the file or the key is missing, the file is damaged or none of LMDB, or the
            package `lmdb` is not installed.
    """
    with _one_line(f"{file}!{key}"), _current(file).begin() as transaction:
        value: bytes | None = transaction.get(key.encode())
    if value is None:
        raise InputError(f"cannot read {file}!{key}: the file has no such key")
    return value


def has_key(file: str, key: str) -> bool:
    """Say whether an LMDB file holds something under a key; it is not read.

    Raises:
        InputError: as `read_value`, but for a missing key.
    """
    with _one_line(file), _current(file).begin() as transaction, transaction.cursor() as cursor:
        return bool(cursor.set_key(key.encode()))


def items(file: str, prefix: str) -> Iterator[tuple[str, bytes]]:
    """Yield what follows `prefix` in the keys that start with it, sorted, and their values.

    Raises:
        InputError: as `read_value`.
    """
    start = prefix.encode()
    with _one_line(file), _current(file).begin() as transaction, transaction.cursor() as cursor:
        if cursor.set_range(start):
            for key, value in cursor.iternext():
                if not key.startswith(start):
                    return
                yield key[len(start) :].decode(), value


def keys(file: str, prefix: str) -> Iterator[str]:
    """Yield what follows `prefix` in the keys that start with it, sorted; no value is read.

    Raises:
        InputError: as `read_value`.
    """
    start = prefix.encode()
    with _one_line(file), _current(file).begin() as transaction, transaction.cursor() as cursor:
        if cursor.set_range(start):
            for key in cursor.iternext(values=False):
                if not key.startswith(start):
                    return
                yield key[len(start) :].decode()


def close_if_changed(file: str) -> None:
    """Close an LMDB file that is another one than when it was opened."""
    kept = _FILES.opened.get(_key(file))
    if kept is not None and (not os.path.isfile(file) or kept.state != _look(file)[1]):  # noqa: PTH113
        close_lmdb(file)


def close_lmdb(file: str) -> None:
    """Close an LMDB file, so that it can be replaced or removed on every system."""
    with _FILES.lock:
        kept = _FILES.opened.get(_key(file))
        if kept is not None:
            kept.environment.close()
            same = [path for path, other in _FILES.opened.items() if other is kept]
            for path in same:
                del _FILES.opened[path]


def _current(file: str) -> Any:
    kept = _FILES.opened.get(_key(file))
    return (kept or _open(file)).environment


def _open(file: str) -> _Opened:
    with _FILES.lock:
        identity, state = _look(file)
        same = (opened for opened in _FILES.opened.values() if opened.identity == identity)
        opened = next(same, None)
        if opened is None:
            package = _package(file)
            environment = package.open(
                file, subdir=False, readonly=True, lock=False, readahead=False
            )
            try:
                require_whole_pages(file, environment.stat()["psize"])
            except DamagedPagesError as error:
                environment.close()
                raise package.CorruptedError(str(error)) from error
            opened = _Opened(environment, identity, state)
        _FILES.opened[_key(file)] = opened
        return opened


def _key(file: str) -> str:
    return os.path.abspath(file)  # noqa: PTH100 - for every image that is read


def _look(file: str) -> tuple[tuple[int, int], tuple[int, int]]:
    found = os.stat(file)  # noqa: PTH116 - for every image that is read
    return (found.st_dev, found.st_ino), (found.st_mtime_ns, found.st_size)


def _package(address: str) -> ModuleType:
    try:
        import lmdb
    except ImportError as error:
        raise InputError(
            f"cannot read {address}: expected the package lmdb, received none; pip install lmdb"
        ) from error
    return lmdb


@contextmanager
def _one_line(address: str) -> Iterator[None]:
    """Turn what the package raises into an InputError that names the address and the reason."""
    package = _package(address)
    try:
        yield
    except package.Error as error:
        reason = str(error).rpartition(": ")[2]
        raise InputError(
            f"cannot read {address}: expected an LMDB file, received none or a damaged one "
            f"({reason}); copy it again"
        ) from error
    except UnicodeError as error:
        raise InputError(f"cannot read {address}: expected keys in UTF-8, {error}") from error
    except OSError as error:
        raise InputError(f"cannot read {address}: {error.strerror or error}") from error
