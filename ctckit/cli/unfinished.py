"""A place to make something that takes long: whole, or nothing, however the process ends.

It is made beside its target, in a folder of a name that tells for what. One process at a time works
there; what a killed one left behind is removed by the next that has the same target.
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import rmtree

from ctckit.files import not_writable, replace_atomically, require_free, sync_file
from ctckit.locks import held

LOCKS = ("lock", "lock.txt")


class Unfinished:
    """A folder beside a target, and what was moved out of it to the places of the target.

    Attributes:
        content: an empty folder to write to.
    """

    def __init__(self, folder: Path) -> None:
        self._moving = folder / "moving.json"
        self._moved = self._read_moved()
        for each in folder.iterdir():
            if each.name not in (*LOCKS, self._moving.name):
                _remove(each)
        self.content = folder / "content"
        self.content.mkdir()

    def require_free(self, places: Sequence[Path]) -> None:
        """Refuse places that hold something, but for what a process put there that was killed.

        Of several parts some may be there then, the others not.

        Raises:
            InputError: one holds something else.
        """
        known = {place for place in places if self._moved.get(place.name) == _identity(place)}
        is_whole = len(known) == len(self._moved)
        for place in places:
            if is_whole or place not in known:
                require_free(place)

    def move(self, places: Sequence[Path]) -> None:
        """Move what was written to its places; it is on the disk before."""
        made = [self.content / place.name for place in places]
        for path in made:
            _sync(path)
        with replace_atomically(self._moving) as file:
            file.write_text(json.dumps({path.name: _identity(path) for path in made}))
        for path, place in zip(made, places, strict=True):
            path.replace(place)

    def _read_moved(self) -> dict[str, list[int] | None]:
        if not self._moving.is_file():
            return {}
        moved: dict[str, list[int] | None] = json.loads(self._moving.read_text())
        return moved


def _sync(path: Path) -> None:
    if path.is_file():
        sync_file(path)
    elif hasattr(os, "sync"):  # of thousands of files each would take long; Windows has none
        os.sync()


def _identity(path: Path) -> list[int] | None:
    """Return what stays of a file as it is moved, and is another one in others."""
    if not path.exists():
        return None
    found = path.stat()
    return [found.st_ino, found.st_mtime_ns, found.st_size]


@contextmanager
def unfinished(target: Path) -> Iterator[Unfinished]:
    """Lend a folder beside `target`, which is gone in the end, whatever happens.

    Raises:
        InputError: another process is at work on the same target, or nothing can be written there.
    """
    folder = target.with_name(f".unfinished-{target.name}")
    is_held = False
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with held(folder / LOCKS[0], what=str(target)):
            is_held = True
            try:
                yield Unfinished(folder)
            finally:
                for each in folder.iterdir():
                    if each.name not in LOCKS:
                        _remove(each)
    except OSError as error:
        raise not_writable(target, error) from error
    finally:
        if is_held:
            with suppress(OSError):  # another process has begun
                folder.joinpath(LOCKS[0]).unlink(missing_ok=True)
                folder.rmdir()


def _remove(path: Path) -> None:
    if path.is_dir():
        rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
