"""Write files whole or not at all."""

from collections.abc import Iterator
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
        raise InputError(
            f"{path}: expected a place to write to, received '{error.strerror}'; "
            "choose another place or change its permissions"
        ) from error
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
