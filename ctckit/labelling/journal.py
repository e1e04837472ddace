"""What a person has typed: a journal that loses nothing, and the list that is made from it."""

import csv
import json
import os
import time
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from ctckit.data.samples import Sample
from ctckit.errors import InputError
from ctckit.files import not_writable, write_table
from ctckit.image.address import absolute, address_from, file_of, relative_to
from ctckit.locks import held
from ctckit.log import LOGGER, counted
from ctckit.sources.lists.tables import STATE, UNREADABLE

LABELLED = "labelled"
EMPTY = "empty"  # there is nothing on the image
GIVEN = "given"  # the label came with the image, and nobody has looked at it
STATES = (LABELLED, EMPTY, UNREADABLE)
COLUMNS = ("image", "label", STATE)
EVERY_S = 1.0  # between two times that the list is written, while labels are typed
LONGEST = 1000  # characters of a label


class Entry(NamedTuple):
    """What is known of an image.

    Attributes:
        image: its address.
        label: the text; "" where there is none.
        state: one of `STATES`, or `GIVEN`.
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


def journal_of(path: Path) -> Path:
    """Return the journal of a list."""
    return path.with_suffix(".journal")


def is_plain(label: str) -> bool:
    r"""Tell whether a text can stand in a list: one line, no sign that steers, not too long.

    >>> is_plain("a b"), is_plain("a\nb"), is_plain("\ud800")
    (True, False, False)
    """
    kinds = map(unicodedata.category, label)
    return len(label) <= LONGEST and not any(kind in ("Cc", "Cs", "Zl", "Zp") for kind in kinds)


class Journal:
    """Labels in a file that only grows, each on the disk before `add` returns.

    Beside it `labels.csv`, with the columns image, label and state, holds the last word on each
    image; every other verb reads it. It is written whole, soon after a label and at the end.

    Args:
        path: of the list, `labels.csv`; the journal has the suffix `.journal`.

    Attributes:
        entries: what was typed, the last of each image, by absolute address.
        given: labels that came with the images; they are in the list until others are typed.

    Use: `with Journal.opened(Path("labels.csv")) as journal: journal.add(entry)`
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = journal_of(path)
        self.entries: dict[str, Entry] = {}
        self.given: dict[str, str] = {}
        self._known: set[tuple[str, str, str]] = set()  # all that was ever said of images
        self._folder = path.parent.resolve()
        self._handle = -1
        self._written = -EVERY_S

    @classmethod
    @contextmanager
    def opened(cls, path: Path, given: Sequence[Sample] = ()) -> Iterator["Journal"]:
        """Hold the journal for this process alone; the list is up to date when the block ends.

        What was changed in the list by hand since is taken up.

        Args:
            path: of the list.
            given: labels that came with the images; they are kept.

        Raises:
            InputError: another process has it; there is a list, but no journal, so that it is
                somebody's; either is damaged; or nothing can be written there.
        """
        journal = cls(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise not_writable(path, error) from error
        with held(journal.file.with_name(f".{journal.file.name}.lock"), what=str(path)):
            journal._require_own_list()
            try:
                journal._handle = os.open(journal.file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
            except OSError as error:
                raise not_writable(journal.file, error) from error
            try:
                journal._read()
                journal._take_up_list()
                journal._take_given(given)
                journal.write_list()
                try:
                    yield journal
                finally:
                    journal.write_list()
            finally:
                os.close(journal._handle)
                if not journal.file.stat().st_size:
                    journal.file.unlink()

    def add(self, entry: Entry) -> None:
        """Write down an entry, which is on the disk afterwards.

        Raises:
            InputError: the label cannot stand in a list; or the disk is full, or broken.
        """
        if not is_plain(entry.label):
            raise InputError(
                f"expected a text of one line, of up to {LONGEST:,} characters that can be seen, "
                f"received {entry.label[:40]!r}; type another one"
            )
        self._write([entry])
        if time.monotonic() - self._written >= EVERY_S:
            self.write_list()

    def write_list(self) -> None:
        """Write `labels.csv` from what is known, whole or not at all."""
        if not self.entries and not self.given:
            return
        rows = {image: (label, GIVEN) for image, label in self.given.items()}
        rows |= {image: (one.label, one.state) for image, one in self.entries.items()}
        named = ((self._name(image), *row) for image, row in sorted(rows.items()))
        write_table(self.path, COLUMNS, named, errors="surrogateescape")
        self._written = time.monotonic()

    @property
    def samples(self) -> list[Sample]:
        """The images that have a text, in the order in which they were typed."""
        entries = [*self.entries.values()]
        return [Sample(one.image, one.label) for one in entries if one.state == LABELLED]

    def _name(self, image: str) -> str:
        """Return how an image is named: relative to the list where it lies beside or below it."""
        is_below = Path(file_of(image)).is_relative_to(self._folder)
        return relative_to(image, self._folder) if is_below else image

    def _address(self, name: str) -> str:
        return absolute(address_from(self._folder, name))

    def _require_own_list(self) -> None:
        is_ours = self.file.is_file() and self.file.stat().st_size
        if self.path.exists() and not is_ours:
            raise InputError(
                f"expected a place for the labels, received {self.path}, which is there already "
                "and was typed elsewhere; name another one",
                argument="out",
            )

    def _write(self, entries: Sequence[Entry]) -> None:
        """Write entries behind the others; all of them are on the disk afterwards, or none."""
        entries = [entry._replace(image=absolute(entry.image)) for entry in entries]
        lines = [
            json.dumps(entry._asdict() | {"image": self._name(entry.image)}) for entry in entries
        ]
        whole = os.fstat(self._handle).st_size
        rest = "".join(f"{line}\n" for line in lines).encode()
        try:
            while rest:
                rest = rest[os.write(self._handle, rest) :]
            os.fsync(self._handle)
        except OSError as error:
            os.ftruncate(self._handle, whole)  # half a line would swallow the next one
            raise not_writable(self.file, error) from error
        for entry in entries:
            self._remember(entry)

    def _remember(self, entry: Entry) -> None:
        self._known.add((entry.image, entry.label, entry.state))
        if entry.state == GIVEN:
            self.given[entry.image] = entry.label
        else:
            self.entries.pop(entry.image, None)
            self.entries[entry.image] = entry

    def _read(self) -> None:
        """Take up what is in the journal; a half line at its end, left by a kill, is cut off."""
        content = self.file.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            LOGGER.warning("%s: the last line is a half one and is cut off", self.file)
            os.ftruncate(self._handle, whole)
        for number, line in enumerate(content[:whole].splitlines(), start=1):
            try:
                entry = _entry(json.loads(line))
            except (ValueError, TypeError, KeyError, RecursionError) as error:
                raise InputError(
                    f"expected a journal of labels in {self.file}, received line {number}, which "
                    f"is none ({error}); move the file away, or correct the line"
                ) from error
            self._remember(entry._replace(image=self._address(entry.image)))

    def _take_up_list(self) -> None:
        """Take up what was changed in the list by hand: what was never said here."""
        if not self.path.exists():
            return
        try:
            with self.path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
                rows = [tuple(row[name] for name in COLUMNS) for row in csv.DictReader(file)]
            said = [Entry(self._address(name), label, state) for name, label, state in rows]
            if any(entry.state not in (*STATES, GIVEN) for entry in said):
                raise ValueError("a state is none")
        except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
            raise InputError(
                f"expected the list {self.path} as it was written here, with the columns "
                f"{', '.join(COLUMNS)}, received another one ({error!r}); correct it, or move it "
                "away: what was typed is in the journal",
                argument="out",
            ) from error
        changed = [
            entry for entry in said if entry[:3] not in self._known and is_plain(entry.label)
        ]
        if changed:
            number = counted(len(changed), "label")
            LOGGER.info("labels      %s changed by hand in %s, taken up", number, self.path)
            self._write([_as_typed(entry) for entry in changed])

    def _take_given(self, given: Sequence[Sample]) -> None:
        """Keep the labels that came with the images, as the list may hide where they are."""
        new = [
            Entry(absolute(image), label, GIVEN)
            for image, label in given
            if absolute(image) not in self.given
        ]
        plain = [entry for entry in new if is_plain(entry.label)]
        if len(plain) < len(new):
            LOGGER.warning("not kept: %s of several lines, or of signs that cannot be seen",
                           counted(len(new) - len(plain), "label"))  # fmt: skip
        if plain:
            self._write(plain)


def _as_typed(entry: Entry) -> Entry:
    """Return an entry whose state fits its label, which somebody may have typed alone."""
    if entry.state == GIVEN or (entry.state == LABELLED) != bool(entry.label):
        return entry._replace(state=LABELLED if entry.label else EMPTY)
    return entry


def _entry(fields: Mapping[str, Any]) -> Entry:
    entry = Entry(**fields)
    if not all(isinstance(one, str) for one in entry[:3]):
        raise TypeError("image, label or state is no text")
    if entry.state not in (*STATES, GIVEN):
        raise ValueError(f"its state is {entry.state!r}")
    return entry
