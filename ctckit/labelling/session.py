"""A sitting of somebody who types labels: which image comes, what is suggested, what is learned."""

import shutil
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ctckit.errors import InputError
from ctckit.files import replace_atomically
from ctckit.image.address import absolute, name_of
from ctckit.inference.reader import ImageToWordModel
from ctckit.labelling.journal import EMPTY, LABELLED, STATES, Entry, Journal
from ctckit.labelling.learner import RANKED, UNLABELLED, Learned, Learner, Task
from ctckit.labelling.order import Free, Order, Pick, Ranked
from ctckit.log import LOGGER
from ctckit.sources.lists.tables import UNREADABLE
from ctckit.text.error_rates import ErrorCounts

LATELY = 20  # suggestions that count as the last ones
ENOUGH = 30  # hard ones in a row that were right: more labels bring little


class Item(NamedTuple):
    """An image that is to be looked at.

    Attributes:
        image: its address.
        label: that it has; None: it has none.
        reading: what a reader made of it before; None: none was asked.
        note: why it is to be looked at.
    """

    image: str
    label: str | None = None
    reading: str | None = None
    note: str = ""


class Suggestion(NamedTuple):
    """What a reader makes of an image.

    Attributes:
        text: that it reads.
        characters: of the text, each with its probability, 0…1; none where they are not known.
        reader: its name; None: it has not learned from labels of here.
    """

    text: str
    characters: Sequence[tuple[str, float]] = ()
    reader: str | None = None


class Shown(NamedTuple):
    """An image as the page shows it.

    Attributes:
        place: among all images; stands for it.
        item: what it is.
        suggestion: what a reader makes of it; None: none was asked, or it cannot be opened.
        typed: what was typed for it before.
        problem: why it cannot be opened; "" where it can.
    """

    place: int
    item: Item
    suggestion: Suggestion | None
    typed: Entry | None
    problem: str = ""

    @property
    def name(self) -> str:
        """The name of its file."""
        return name_of(self.item.image)


class Figure(NamedTuple):
    """How well a reader reads: of images drawn at random and labelled after it was trained.

    Attributes:
        right: texts read exactly.
        texts: of so many.
        low: lower end of the 95 % interval of the share, 0…1.
        high: upper end.
    """

    right: int
    texts: int
    low: float
    high: float


class Status(NamedTuple):
    """How far it is.

    Attributes:
        images: all of them.
        labels: images that have a text.
        others: images without one: empty or unreadable.
        right_lately: of the last suggestions.
        lately: how many suggestions that were.
        reader_labels: from which the reader at work has learned; 0: from none of here.
        training: share of a training at work, 0…1; None: none is.
        next_training: labels with which the next one begins; 0: none does.
        figure: of the reader at work; None: it has not learned from labels of here.
        is_enough: whether more labels bring little.
        problem: why the last training came to nothing; "" where it did not.
    """

    images: int
    labels: int
    others: int
    right_lately: int
    lately: int
    reader_labels: int
    training: float | None
    next_training: int
    figure: Figure | None
    is_enough: bool
    problem: str


class Session:
    """Give out images, write labels down, let a reader learn from them.

    Safe to use from several threads, for several tabs of a browser: an image is given to one of
    them only, until no other is left.

    Args:
        items: the images, each once.
        journal: opened.
        reader: that suggests texts at first; None: none does.
        learner: trains readers; None: none is trained, the images come in the order of `items`.
        seed: of what is drawn at random.
    """

    def __init__(
        self,
        items: Sequence[Item],
        journal: Journal,
        *,
        reader: ImageToWordModel | None = None,
        learner: Learner | None = None,
        seed: int = 0,
    ) -> None:
        self.items = [item._replace(image=absolute(item.image)) for item in items]
        self.journal = journal
        self.learner = learner
        self._places = {item.image: place for place, item in enumerate(self.items)}
        self._reader = reader
        self._reader_name: str | None = None
        self._reader_labels = 0
        self._seed = seed
        self._order = Order(len(self.items), seed, len(journal.entries)) if learner else None
        self._tabs: dict[int, str] = {}  # the tab that shows an image, by its place
        self._later: set[int] = set()
        self._at_random: set[int] = set()
        self._suggested: dict[int, Suggestion | None] = {}
        self._lately: deque[bool] = deque(maxlen=LATELY)
        self._hard: deque[bool] = deque(maxlen=ENOUGH)  # of those that came for being hard
        self._lock = threading.RLock()

    def begin(self) -> None:
        """Go on with the reader of an earlier sitting, and with its training."""
        with self._lock:
            learner = self.learner
            if learner is None:
                return
            if self.last_reader.is_file():
                try:
                    self._use(self.last_reader)
                except InputError as error:
                    LOGGER.warning("a reader is trained anew: %s", error)
                else:
                    learner.num_labels = self._reader_labels
            self._learn()
            if not learner.is_busy and self._reader_name is not None:
                learner.begin(Task(str(self.last_reader), ranked=self._drawn(RANKED)))

    def end(self) -> None:
        """End a training that is at work."""
        if self.learner is not None:
            self.learner.end()

    @property
    def last_reader(self) -> Path:
        """The file of the reader that was trained last, beside the list of labels."""
        return self.journal.path.with_name(f"{self.journal.path.stem}_reader.onnx")

    def next(self, tab: str) -> Shown | None:
        """Return the next image for a tab of a browser; None: all are done."""
        with self._lock:
            pick = (
                self._pick(lambda place: self._is_free(place) and place not in self._later)
                or self._pick(self._is_free)
                or self._pick(lambda place: self._is_of_another(place, tab))  # which was closed
            )
            if pick is None:
                self.journal.write_list()
                return None
            self._tabs[pick.place] = tab
            if pick.at_random:
                self._at_random.add(pick.place)
            else:
                self._at_random.discard(pick.place)
        return self.show(pick.place)

    def show(self, place: int) -> Shown:
        """Return an image as the page shows it.

        Raises:
            InputError: there is no such image.
        """
        item = self._item(place)
        suggestion, problem = None, ""
        try:
            suggestion = self._suggest(item)
        except InputError as error:
            problem = str(error)
        with self._lock:
            self._suggested[place] = suggestion
            return Shown(place, item, suggestion, self.journal.entries.get(item.image), problem)

    def write(self, place: int, label: str, state: str) -> None:
        """Write down what was typed for an image; it is on the disk afterwards.

        Raises:
            InputError: there is no such image, or state; a label does not fit the state; or it
                cannot be written.
        """
        item, label = self._item(place), label.strip()
        if state not in STATES or (state == LABELLED) != bool(label):
            raise InputError(
                f"expected {LABELLED} with a text, or {EMPTY} or {UNREADABLE} without one, "
                f"received {state!r} with {label!r}"
            )
        with self._lock:
            before = self.journal.entries.get(item.image)
            if before is not None:  # as it was seen first: a reader may have learned from it since
                self.journal.add(before._replace(label=label, state=state))
            else:
                suggestion = self._suggested.get(place)
                text, reader = (suggestion.text, suggestion.reader) if suggestion else (None, None)
                at_random = place in self._at_random
                self.journal.add(Entry(item.image, label, state, text, reader, at_random))
                if suggestion is not None and state == LABELLED:
                    self._lately.append(text == label)
                    if reader is not None and not at_random:
                        self._hard.append(text == label)
            self._tabs.pop(place, None)
            self._learn()

    def later(self, place: int) -> None:
        """Let an image come again when all others are done.

        Raises:
            InputError: there is no such image.
        """
        self._item(place)
        with self._lock:
            self._later.add(place)
            self._tabs.pop(place, None)

    def leave(self, tab: str) -> None:
        """Let the images come again that a tab shows, as it is closed."""
        with self._lock:
            self._tabs = {place: one for place, one in self._tabs.items() if one != tab}

    def take(self, learned: Learned) -> None:
        """Suggest by another reader from now on, and let the images come in its order."""
        if learned.reader != self.last_reader:
            with replace_atomically(self.last_reader) as temporary:
                shutil.copyfile(learned.reader, temporary)
        with self._lock:
            self._use(self.last_reader)
            if self._order is not None:
                places = self._places
                self._order.rank([
                    Ranked(places[one.image], one.confidence, np.array(one.look, np.float32))
                    for one in learned.readings
                ])  # fmt: skip
            self._learn()

    def status(self) -> Status:
        """Return how far it is."""
        with self._lock:
            here = [entry for image, entry in self.journal.entries.items() if image in self._places]
            labels = sum(entry.state == LABELLED for entry in here)
            lately = self._lately
            learner = self.learner
            return Status(
                images=len(self.items),
                labels=labels,
                others=len(here) - labels,
                right_lately=sum(lately),
                lately=len(lately),
                reader_labels=self._reader_labels,
                training=learner.share_done if learner else None,
                next_training=learner.next_number if learner else 0,
                figure=self._figure(here),
                is_enough=len(self._hard) == ENOUGH and all(self._hard),
                problem=learner.problem if learner else "",
            )

    def _use(self, file: Path) -> None:
        """Suggest by a reader from now on."""
        reader = ImageToWordModel(file, num_threads=1)
        self._reader, self._reader_labels = reader, reader.metadata.extra.get("labels", 0)
        name = f"reader of {self._reader_labels} labels"
        if name != self._reader_name:
            self._lately.clear()
            self._hard.clear()
        self._reader_name = name

    def _figure(self, entries: Sequence[Entry]) -> Figure | None:
        if self._reader_name is None:
            return None
        drawn = [
            entry
            for entry in entries
            if entry.at_random and entry.reader == self._reader_name and entry.state == LABELLED
        ]
        right = sum(entry.suggestion == entry.label for entry in drawn)
        counts = ErrorCounts(texts=len(drawn), wrong_texts=len(drawn) - right)
        low, high = counts.wer_interval
        return Figure(right, len(drawn), 1 - high, 1 - low)

    def _suggest(self, item: Item) -> Suggestion | None:
        """Return what the reader at work makes of an image, or what was read of it before."""
        with self._lock:
            reader, name = self._reader, self._reader_name
        if reader is None:
            return None if item.reading is None else Suggestion(item.reading)
        text = reader.read_one(item.image).text
        characters: list[tuple[str, float]] = []
        with suppress(InputError):  # a text that fits at another width only
            each = reader.characters(item.image, text)
            characters = [(one.text, round(one.probability, 3)) for one in each]
        return Suggestion(text, characters, name)

    def _learn(self) -> None:
        """Begin to train a reader, if there are labels enough for a new one."""
        learner = self.learner
        if learner is None or not learner.is_due(len(self.journal.samples)):
            return
        samples = self.journal.samples
        learner.begin(
            Task(
                reader=str(learner.folder / f"reader_{len(samples)}.onnx"),
                labelled=samples,
                unlabelled=self._drawn(UNLABELLED),
                ranked=self._drawn(RANKED),
                characters=learner.characters,
                seed=self._seed,
            )
        )

    def _drawn(self, most: int) -> list[str]:
        """Return images that nothing was typed for, drawn at random."""
        images = [item.image for item in self.items if item.image not in self.journal.entries]
        rng = np.random.default_rng([self._seed, len(images)])
        return [images[place] for place in rng.permutation(len(images))[:most]]

    def image(self, place: int) -> str:
        """Return the address of an image.

        Raises:
            InputError: there is no such image.
        """
        return self._item(place).image

    def _item(self, place: int) -> Item:
        if not 0 <= place < len(self.items):
            raise InputError(f"expected an image, 0 to {len(self.items) - 1}, received {place}")
        return self.items[place]

    def _is_done(self, place: int) -> bool:
        return self.items[place].image in self.journal.entries

    def _is_free(self, place: int) -> bool:
        return place not in self._tabs and not self._is_done(place)

    def _is_of_another(self, place: int, tab: str) -> bool:
        return self._tabs.get(place, tab) != tab and not self._is_done(place)

    def _pick(self, is_free: Free) -> Pick | None:
        if self._order is not None:
            return self._order.next(is_free)
        place = next(filter(is_free, range(len(self.items))), None)
        return None if place is None else Pick(place, at_random=False)
