"""Write files whole or not at all, so that they are there after a power failure, too."""

import csv
import errno
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from ctckit.errors import InputError

# Errors that come of where a file is written, not of what: full, over quota, read-only, broken.
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG)
# Errors of the process or the machine, whatever file it is about.
EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)


@contextmanager
def replace_atomically(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path in the folder of `path`; rename it to `path` when all went well.

    Readers see the old file or the new one, never a part of it; an exception leaves the old
    one as it was. The new one is on the disk before it takes the name, and the name, too, when
    the block ends. Missing folders are made. The temporary name keeps the suffix, as some
    writers choose their format by it.

    Raises:
        InputError: nothing can be written there.

    Use: `with replace_atomically(path) as temporary: temporary.write_text("…")`
    """
    path = Path(path)
    temporary = path.with_name(f".{path.stem}.{uuid4().hex[:8]}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.touch()
    except OSError as error:
        raise not_writable(path, error) from error
    try:
        yield temporary
        sync_file(temporary)
        put_in_place(temporary, path)
    except OSError as error:
        if error.errno in NO_ROOM:
            raise not_writable(path, error) from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


def put_in_place(file: Path, path: Path) -> None:
    """Rename a file that is on the disk to `path`; so is the name when this returns."""
    file.replace(path)
    _sync_folder(path.parent)


def remove_temporaries(folder: Path, names: str = "*") -> None:
    """Remove what `replace_atomically` left in a folder when the process was killed in it.

    Args:
        folder: with all that is in it.
        names: of the files that were written there, where others may be at work, too.
    """
    for path in folder.rglob(f".{names}"):
        if _TEMPORARY.fullmatch(path.name):
            path.unlink(missing_ok=True)


_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{8}(\.\w+)?")


def sync_file(path: Path) -> None:
    """Wait until the content of a file is on the disk."""
    with path.open("rb+") as file:  # Windows wants a file that may be written to
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    """Wait until the names in a folder are on the disk.

    Windows opens no folders: NTFS writes names in the order in which they were given, so that an
    older file may be there after a power failure, but no half one.
    """
    if os.name == "nt":
        return
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def write_table(
    path: str | Path,
    header: Iterable[str],
    rows: Iterable[Iterable[object]],
    *,
    errors: str = "strict",
) -> Path:
    """Write a CSV file in UTF-8 with a header line, whole or not at all.

    Args:
        path: of the file.
        header: names of the columns.
        rows: of as many cells.
        errors: what becomes of what UTF-8 cannot hold, as `open` has it.

    Raises:
        InputError: nothing can be written there.
    """
    with (
        replace_atomically(path) as temporary,
        temporary.open("w", encoding="utf-8", errors=errors, newline="") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    return Path(path)


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """Lend an empty folder that becomes `target` when the block ends without an error.

    The folder is made next to `target` under a temporary name, so that an interrupted block
    leaves nothing that looks finished.

    Raises:
        InputError: `target` exists and is not empty, or its parent cannot be written.
    """
    require_free(target)
    target = target.absolute()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=target.parent))
    except OSError as error:
        raise not_writable(target.parent, error) from error
    try:
        content = scratch / "content"
        content.mkdir()
        yield content
        if hasattr(os, "sync"):  # of thousands of files each would take long; Windows has none
            os.sync()
        _take_place(content, target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _take_place(content: Path, target: Path) -> None:
    """Let a folder be `target`; one that somebody stands in, or a mount, stays and is filled."""
    if target.is_dir() and not target.samefile(Path.cwd()):
        with suppress(OSError):
            target.rmdir()
    if target.is_dir():
        for each in list(content.iterdir()):
            shutil.move(each, target)
    else:
        content.rename(target)


def require_free(target: Path) -> None:
    """Refuse a place that holds something; an empty folder is free.

    Raises:
        InputError: it holds something.
    """
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise InputError(
            f"{target}: expected a place that is free, received one that holds something else; "
            "move it away or remove it"
        )


def not_writable(path: Path, error: OSError) -> InputError:
    """Return what to say of a place that cannot be written to."""
    is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    what_to_do = "make room there" if is_full else "change its permissions"
    return InputError(
        f"{path}: expected a place to write to, received '{error.strerror or error}'; "
        f"{what_to_do}, or choose another place"
    )
