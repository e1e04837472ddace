"""What is read so far, in files of a thousand rows each, so that a read goes on where it ended."""

import json
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ctckit.cli.parquet import read_parquet
from ctckit.cli.read_command import Command
from ctckit.cli.read_output import Row, is_folder, table_file
from ctckit.cli.shards import Part, Shard
from ctckit.errors import InputError
from ctckit.files import not_writable, put_in_place, remove_temporaries, replace_atomically
from ctckit.locks import held, in_turn
from ctckit.log import LOGGER

JOINED = "joined"  # in the note: all parts are in the output


class Parts:
    """The parts of all shards of a read, each a file that is whole, in one folder.

    The folder is `results.jsonl.parts` beside `results.jsonl`; who completes the last part joins
    them in that file. Where the output is a folder, they are its Parquet files and stay. A note
    beside them, `_read.json`, holds the command that began them: no other one goes on with them.
    Of several shards the note stays when all are joined, so that none is read again.

    Args:
        out: file or folder of the results.
        shard: that this process reads.
        images: how many there are, of all shards.
        columns: of the results.
    """

    def __init__(self, out: str, shard: Shard, images: int, columns: Iterable[str]) -> None:
        self.target = Path(out)
        self.is_folder = is_folder(out)
        self.shard = shard
        self.images = images
        self.columns = list(columns)
        beside = self.target.with_name(f"{self.target.name}.parts")
        self.folder = self.target if self.is_folder else beside
        self._note_file = self.folder / "_read.json"
        self._lock = self.folder / ".lock"

    @contextmanager
    def held(self, command: Command) -> Iterator[bool]:
        """Hold the shard while the block lasts; say whether all shards are joined already.

        Raises:
            InputError: another process reads it, the parts there are of another command, or
                nothing can be written there.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise not_writable(self.target, error) from error
        lock = self.folder / f".{self.shard.name}.lock"
        what = f"shard {self.shard} of {self.target}" if self.shard.count > 1 else str(self.target)
        with held(lock, what=what):
            is_joined = self._begin(command)
            remove_temporaries(self.folder, f"{self.shard.name}*")
            try:
                yield is_joined
            except BaseException:
                if self._names():
                    LOGGER.info("what was read is kept; the same command goes on with it")
                elif self.shard.count == 1:
                    self._clear()
                raise

    def missing(self, shard: Shard) -> list[Part]:
        """Return the parts of a shard that are not there."""
        names = self._names()
        return [part for part in shard.parts(self.images) if part.name not in names]

    def present(self, shard: Shard) -> list[Part]:
        """Return the parts of a shard that are there."""
        names = self._names()
        return [part for part in shard.parts(self.images) if part.name in names]

    def rows(self, parts: Iterable[Part]) -> Iterator[Row]:
        """Yield the rows of parts that are there."""
        for part in parts:
            yield from _read_rows(self._file(part))

    def write(self, part: Part, rows: Iterable[Row]) -> None:
        """Write the rows of a part, whole or not at all."""
        with table_file(self._file(part), self.columns) as write:
            write(rows)

    def join(self) -> list[Shard]:
        """Return the shards that are not complete; if all are, put the parts together.

        Processes that end at the same time do it one after the other: each has written its last
        part before it looks, so that one of them sees all.
        """
        with in_turn(self._lock):
            if not self._note().get(JOINED):
                names = self._names()
                missing = [
                    shard
                    for shard in self.shard.all
                    if any(part.name not in names for part in shard.parts(self.images))
                ]
                if missing or self.is_folder:
                    return missing
                self._write_target()
                self._write_note(self._note() | {JOINED: True})
                self._remove_parts()
        if self.shard.count == 1:
            self._clear()
        return []

    def _begin(self, command: Command) -> bool:
        """Leave a note of the command, or compare it; say whether all is joined already."""
        with in_turn(self._lock):
            for killed in ("_read*", "joined*"):
                remove_temporaries(self.folder, killed)
            begun = self._note()
            was_joined = begun.pop(JOINED, False)
            if was_joined:
                self._remove_parts()
                if begun == command and self.target.is_file():
                    return True
            elif begun:
                self._require_same(begun, command)
                return False
            elif any(not path.name.startswith(".") for path in self.folder.iterdir()):
                raise InputError(
                    f"{self.folder}: expected a place that is free, or the parts of a read, "
                    "received one that holds something else; move it away, or choose another one"
                )
            self._write_note(command)
            return False

    def _require_same(self, begun: Command, command: Command) -> None:
        names = [name for name in command if begun.get(name) != command[name]]
        if names:
            then, now = (", ".join(f"{name} {each.get(name)}" for name in names)
                         for each in (begun, command))  # fmt: skip
            raise InputError(
                f"expected the command that began {self.folder}, with {then}, received one with "
                f"{now}; repeat that one, or remove {self.folder} to read all anew"
            )

    def _write_target(self) -> None:
        everything = [part for shard in self.shard.all for part in shard.parts(self.images)]
        is_csv = self.target.suffix.lower() == ".csv"  # its columns must be known before its rows
        has_errors = is_csv and any("error" in row for row in self.rows(everything))
        columns = [*self.columns, "error"] if has_errors else self.columns
        scratch = self.folder / f"joined{self.target.suffix}"  # here a kill leaves nothing for good
        with table_file(scratch, columns) as write:
            for part in everything:
                write(_read_rows(self._file(part)))
        put_in_place(scratch, self.target)

    def _note(self) -> Command:
        if not self._note_file.is_file():
            return {}
        note: Command = json.loads(self._note_file.read_text(encoding="utf-8"))
        return note

    def _write_note(self, command: Command) -> None:
        with replace_atomically(self._note_file) as temporary:
            temporary.write_text(json.dumps(command, indent=1), encoding="utf-8")

    def _file(self, part: Part) -> Path:
        return self.folder / f"{part.name}{'.parquet' if self.is_folder else '.jsonl'}"

    def _names(self) -> set[str]:
        """Return the names of the parts that are there, of all shards."""
        return {path.stem for path in self.folder.glob("shard-*")}

    def _remove_parts(self) -> None:
        for path in self.folder.glob("shard-*"):
            path.unlink()

    def _clear(self) -> None:
        """Remove what this class has made, and the folder if nothing else is in it."""
        with suppress(OSError):  # Windows removes no lock that is held
            self._remove_parts()
            self._note_file.unlink(missing_ok=True)
            for path in [*self.folder.glob(".shard-*"), self._lock]:
                path.unlink(missing_ok=True)
            self.folder.rmdir()


def whole_parts(
    rows: Iterable[dict[int, Row]], parts: Iterable[Part]
) -> Iterator[tuple[Part, list[Row]]]:
    """Yield each part when all of its rows have come.

    Args:
        rows: some at a time, by the places of their images.
        parts: of which they are, in their order.
    """
    waiting: dict[int, Row] = {}
    left = deque(parts)
    for some in rows:
        waiting |= some
        while left and all(place in waiting for place in left[0].places):
            part = left.popleft()
            yield part, [waiting.pop(place) for place in part.places]


def _read_rows(file: Path) -> list[Row]:
    if file.suffix == ".parquet":
        return read_parquet(file)
    return list(map(json.loads, file.read_text(encoding="utf-8").split("\n")[:-1]))
