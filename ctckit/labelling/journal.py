"""What a person has typed: a journal that loses nothing, and the list that is made from it."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from ctckit.data.samples import Sample
from ctckit.errors import InputError
from ctckit.files import not_writable, write_table
from ctckit.image.address import absolute, address_from, file_of, relative_to
from ctckit.locks import held
from ctckit.log import LOGGER
from ctckit.sources.lists.tables import UNREADABLE

LABELLED = "labelled"
EMPTY = "empty"  # there is nothing on the image
GIVEN = "given"  # the label came with the image, and nobody has looked at it
STATES = (LABELLED, EMPTY, UNREADABLE)


class Entry(NamedTuple):
    """What was typed for an image.

    Attributes:
        image: its address.
        label: the text; "" where there is none.
        state: one of `STATES`.
        suggestion: what was suggested; None: nothing was.
        reader: the reader that suggested it; None: it was no reader trained on labels of here.
        at_random: whether the image was drawn at random, not for being hard.
    """

    image: str
    label: str
    state: str
    suggestion: str | None = None
    reader: str | None = None
    at_random: bool = False


class Journal:
    """Labels in a file that only grows, each on the disk before `add` returns.

    Beside it `labels.csv`, with the columns image, label and state, holds the last word on each
    image; every other verb reads it. It is written whole by `write_list`.

    Args:
        path: of the list, `labels.csv`; the journal has the suffix `.journal`.
        given: labels that came with the images; they are in the list until others are typed.

    Use: `with Journal.opened(Path("labels.csv")) as journal: journal.add(entry)`
    """

    def __init__(self, path: Path, given: Sequence[Sample] = ()) -> None:
        self.path = path
        self.file = path.with_suffix(".journal")
        self.given = {absolute(image): label for image, label in given}
        self.entries: dict[str, Entry] = {}  # the last of each image, in the order of the last ones
        self._folder = path.parent.resolve()
        self._stream: IO[bytes] | None = None

    @classmethod
    @contextmanager
    def opened(cls, path: Path, given: Sequence[Sample] = ()) -> Iterator["Journal"]:
        """Hold the journal for this process alone; the list is up to date when the block ends.

        Raises:
            InputError: another process has it; there is a list, but no journal, so that it is
                somebody's; or nothing can be written there.
        """
        journal = cls(path, given)
        if path.exists() and not journal.file.exists():
            raise InputError(
                f"expected a place for the labels, received {path}, which is there already and was "
                "typed elsewhere; name another one",
                argument="out",
            )
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            journal.file.touch()
        except OSError as error:
            raise not_writable(journal.file, error) from error
        lock = journal.file.with_name(f".{journal.file.name}.lock")
        with held(lock, what=str(path)):
            journal._read()
            journal.write_list()
            with journal.file.open("ab") as journal._stream:
                try:
                    yield journal
                finally:
                    journal.write_list()
        lock.unlink(missing_ok=True)

    def add(self, entry: Entry) -> None:
        """Write down an entry, which is on the disk afterwards.

        Raises:
            InputError: the disk is full, or broken.
        """
        assert self._stream is not None, "it is not opened"  # noqa: S101
        entry = entry._replace(image=absolute(entry.image))
        fields = entry._asdict() | {"image": self._name(entry.image)}
        line = json.dumps(fields, ensure_ascii=True) + "\n"
        whole = self._stream.tell()
        try:
            self._stream.write(line.encode())
            self._stream.flush()
            os.fsync(self._stream.fileno())
        except OSError as error:
            self._stream.truncate(whole)  # half a line would swallow the next one
            raise not_writable(self.file, error) from error
        self._remember(entry)

    def write_list(self) -> None:
        """Write `labels.csv` from what was typed, whole or not at all."""
        if not self.entries and not self.given:
            return
        rows = {image: (label, GIVEN) for image, label in self.given.items()}
        rows |= {image: (one.label, one.state) for image, one in [*self.entries.items()]}
        named = ((self._name(image), *row) for image, row in sorted(rows.items()))
        write_table(self.path, ("image", "label", "state"), named)

    @property
    def samples(self) -> list[Sample]:
        """The images that have a text, in the order in which they were typed."""
        entries = [*self.entries.values()]
        return [Sample(one.image, one.label) for one in entries if one.state == LABELLED]

    def _name(self, image: str) -> str:
        """Return how an image is named: relative to the list where it lies beside or below it."""
        is_below = Path(file_of(image)).is_relative_to(self._folder)
        return relative_to(image, self._folder) if is_below else image

    def _remember(self, entry: Entry) -> None:
        self.entries.pop(entry.image, None)
        self.entries[entry.image] = entry

    def _read(self) -> None:
        """Take up what is in the journal; a half line at its end, left by a kill, is cut off."""
        content = self.file.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            LOGGER.warning("%s: the last line is a half one and is cut off", self.file)
            with self.file.open("rb+") as file:
                file.truncate(whole)
        for number, line in enumerate(content[:whole].splitlines(), start=1):
            try:
                entry = _entry(json.loads(line))
            except (ValueError, TypeError, KeyError, RecursionError) as error:
                raise InputError(
                    f"expected a journal of labels in {self.file}, received line {number}, which "
                    f"is none ({error}); move the file away, or correct the line"
                ) from error
            self._remember(entry._replace(image=absolute(address_from(self._folder, entry.image))))


def _entry(fields: Mapping[str, Any]) -> Entry:
    entry = Entry(**fields)
    if entry.state not in STATES or not all(isinstance(one, str) for one in entry[:3]):
        raise ValueError(f"its state is {entry.state!r}")
    return entry
