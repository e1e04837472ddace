"""Write files whole or not at all."""

import csv
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from ctckit.errors import InputError


@contextmanager
def replace_atomically(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path in the folder of `path`; rename it to `path` when all went well.

    Readers see the old file or the new one, never a part of it; an exception leaves the old
    one as it was. Missing folders are made. The temporary name keeps the suffix, as some
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
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_table(path: str | Path, header: Iterable[str], rows: Iterable[Iterable[object]]) -> Path:
    """Write a CSV file in UTF-8 with a header line, whole or not at all.

    Raises:
        InputError: nothing can be written there.
    """
    with (
        replace_atomically(path) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as file,
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
    if target.is_dir():
        target.rmdir()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=target.parent))
    except OSError as error:
        raise not_writable(target.parent, error) from error
    try:
        content = scratch / "content"
        content.mkdir()
        yield content
        content.rename(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


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
    return InputError(
        f"{path}: expected a place to write to, received '{error.strerror or error}'; "
        "choose another place or change its permissions"
    )
