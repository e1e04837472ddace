"""What only one process at a time may work on."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ctckit.errors import InputError
from ctckit.files import not_writable


@contextmanager
def held(path: Path, *, what: str) -> Iterator[None]:
    """Hold the lock `path` while the block lasts; the folder must exist.

    The lock is the system's (`flock`, on Windows `msvcrt.locking`) and ends with its process,
    however that ends: a file that a dead one left behind does not matter. Beside it lies a note of
    who holds it, `path` with the suffix `.txt`.

    Raises:
        InputError: another process holds it; names it. Or nothing can be written there.
    """
    note = path.with_suffix(".txt")
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        who = note.read_text(encoding="utf-8") if note.is_file() else "another process"
        raise InputError(
            f"expected {what} to be free, received one that {who} is at work on; "
            "wait for it, or end it first"
        ) from None
    except OSError as error:
        raise not_writable(path.parent, error) from error
    try:
        note.write_text(f"process {os.getpid()} on {socket.gethostname()}", encoding="utf-8")
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()


@contextmanager
def in_turn(path: Path) -> Iterator[None]:
    """Hold the lock `path` while the block lasts; wait for it as long as another process does."""
    with FileLock(path):
        yield
