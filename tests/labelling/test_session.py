import threading
from types import SimpleNamespace

import numpy as np
import pytest

from ctckit.errors import InputError
from ctckit.inference.reader import ImageToWordModel
from ctckit.labelling.journal import EMPTY, LABELLED, Journal
from ctckit.labelling.learner import Learned, ReadImage
from ctckit.labelling.order import EVERY
from ctckit.labelling.session import Item, Session
from ctckit.sources.lists.tables import UNREADABLE
from tests.drawing import write_image
from tests.inference.tiny_model import draw_stripes, metadata, write_model

TEXTS = [f"{a}{b}{c}" for a in "2345" for b in "2345" for c in "2345" if a != b != c][:30]


class NoLearner:
    """Stands in for a learner: notes its tasks."""

    def __init__(self, folder, first=20):
        self.folder, self.characters, self.first = folder, "", first
        self.share_done, self.problem, self.num_labels = None, "", 0
        self.is_busy, self.tasks = False, []

    @property
    def next_number(self):
        return self.first

    def is_due(self, number):
        return not self.tasks and number >= self.first

    def begin(self, task):
        self.tasks.append(task)

    def end(self):
        self.ended = True


@pytest.fixture
def reader(tmp_path):
    return ImageToWordModel(write_model(tmp_path / "stripes.onnx"))


@pytest.fixture
def items(tmp_path):
    (tmp_path / "images").mkdir()
    return [
        Item(str(write_image(tmp_path / "images" / f"{place:02}.png", draw_stripes(text))))
        for place, text in enumerate(TEXTS)
    ]


@pytest.fixture
def journal(tmp_path):
    with Journal.opened(tmp_path / "images" / "labels.csv") as journal:
        yield journal


def places(session, number, tab="one"):
    """Return the places of the next images, each labelled before the one behind it."""
    found = []
    for _ in range(number):
        shown = session.next(tab)
        session.write(shown.place, TEXTS[shown.place], LABELLED)
        found.append(shown.place)
    return found


def learned(session, folder, number, seed=0):
    """Return what came of a training: a reader that is sure of the last images least."""
    path = write_model(
        folder / f"reader_{number}.onnx", metadata(extra={"labels": number}).to_strings()
    )
    readings = [
        ReadImage(item.image, "", 1 - place / 100, np.zeros(128, np.float32))
        for place, item in enumerate(session.items)
        if item.image not in session.journal.entries
    ]
    return Learned(path, number, readings)


def test_images_come_with_what_a_reader_suggests(items, journal, reader):
    session = Session(items, journal, reader=reader)
    shown = session.next("one")
    assert (shown.place, shown.name, shown.suggestion.text) == (0, "00.png", TEXTS[0])
    assert [text for text, _ in shown.suggestion.characters] == [*TEXTS[0]]
    assert all(0 < probability <= 1 for _, probability in shown.suggestion.characters)
    assert shown.suggestion.reader is None and shown.typed is None


def test_each_comes_once_in_its_order_and_then_none(items, journal):
    session = Session(items, journal)
    assert places(session, len(items)) == [*range(len(items))]
    assert session.next("one") is None
    assert [sample.label for sample in journal.samples] == TEXTS


def test_another_sitting_shows_the_others(items, journal):
    done = places(Session(items, journal), 7)
    assert not {*done} & {*places(Session(items, journal), len(items) - 7)}


def test_two_tabs_get_different_images(items, journal):
    session = Session(items, journal)
    assert session.next("one").place != session.next("two").place
    session.leave("one")
    assert session.next("three").place == 0


def test_a_tab_that_never_comes_back_loses_no_image(items, journal):
    session = Session(items, journal)
    lost = session.next("one").place
    places(session, len(items) - 1, "two")
    assert session.next("two").place == lost


def test_a_tab_that_asks_ahead_gets_no_image_that_it_shows(items, journal):
    session = Session(items[:2], journal)
    assert {session.next("one").place, session.next("one").place} == {0, 1}
    assert session.next("one") is None


def test_later_means_when_all_others_are_done(items, journal):
    session = Session(items, journal)
    put_off = session.next("one").place
    session.later(put_off)
    assert places(session, len(items) - 1)[-1] != put_off
    assert session.next("one").place == put_off


def test_going_back_shows_what_was_typed_and_corrects_it(items, journal, reader):
    session = Session(items, journal, reader=reader)
    place = session.next("one").place
    session.write(place, "555", LABELLED)
    assert session.show(place).typed.label == "555"
    session.write(place, TEXTS[place], LABELLED)
    assert session.status().labels == 1
    assert (session.status().right_lately, session.status().lately) == (0, 1)
    assert [sample.label for sample in journal.samples] == [TEXTS[place]]


@pytest.mark.parametrize(
    ("label", "state"),
    [
        ("", LABELLED),
        ("  ", LABELLED),
        ("a", UNREADABLE),
        ("a", EMPTY),
        ("a", "odd"),
        ("", "given"),
    ],
)
def test_labels_and_states_that_do_not_fit(items, journal, label, state):
    session = Session(items, journal)
    with pytest.raises(InputError, match="labelled with a text"):
        session.write(0, label, state)
    assert not journal.entries


@pytest.mark.parametrize("place", [-1, len(TEXTS)])
def test_places_where_no_image_is(items, journal, place):
    session = Session(items, journal)
    for action in (session.show, session.later, lambda place: session.write(place, "a", LABELLED)):
        with pytest.raises(InputError, match="expected an image"):
            action(place)


def test_an_image_that_is_gone_is_told(items, journal, reader, tmp_path):
    session = Session(items, journal, reader=reader)
    (tmp_path / "images" / "00.png").unlink()
    shown = session.next("one")
    assert "00.png" in shown.problem and shown.suggestion is None
    session.later(0)
    assert not session.next("one").problem


def test_labels_that_are_enough_begin_a_training(items, journal, tmp_path):
    learner = NoLearner(tmp_path)
    session = Session(items, journal, learner=learner)
    session.begin()
    done = places(session, 19)
    assert not learner.tasks
    places(session, 1)
    [task] = learner.tasks
    assert [label for _, label in task.labelled] == [label for _, label in journal.samples]
    others = {item.image for place, item in enumerate(session.items) if place not in done}
    assert {*task.ranked} < others and {*task.unlabelled} < others
    session.end()
    assert learner.ended


def test_a_new_reader_suggests_and_orders(items, journal, tmp_path):
    session = Session(items, journal, learner=NoLearner(tmp_path))
    places(session, 20)
    session.take(learned(session, tmp_path, 20))
    shown = session.next("one")
    assert shown.suggestion.reader == "reader of 20 labels"
    left = [place for place, item in enumerate(session.items) if item.image not in journal.entries]
    assert shown.place == max(left), "it is the one of least confidence"
    assert session.status().reader_labels == 20
    assert session.last_reader.is_file()


def test_the_figure_counts_random_images_labelled_since_the_reader_was_trained(
    items, journal, tmp_path
):
    session = Session(items, journal, learner=NoLearner(tmp_path, first=99))
    places(session, 5)  # all at random, but before there was a reader
    session.take(learned(session, tmp_path, 5))
    assert session.status().figure == (0, 0, 0.0, 1.0)
    for index in range(4 * EVERY):
        shown = session.next("one")
        wrong = index == EVERY - 1  # the first that is drawn at random
        session.write(shown.place, "5555" if wrong else TEXTS[shown.place], LABELLED)
    figure = session.status().figure
    assert (figure.right, figure.texts) == (3, 4)
    assert 0 < figure.low < 0.75 < figure.high < 1
    first = next(e for e in journal.entries.values() if e.at_random and e.reader)
    session.write(session._places[first.image], "4444", LABELLED)  # corrected: it counts anew
    session.take(learned(session, tmp_path, 25))
    assert session.status().figure.texts == 0, "another reader has learned from these"


def test_an_image_that_a_reader_has_learned_from_says_nothing_of_it(items, journal, tmp_path):
    """Gone back to, it is suggested rightly by a reader that has seen its label."""
    session = Session(items, journal, learner=NoLearner(tmp_path, first=99))
    [place] = places(session, 1)
    session.take(learned(session, tmp_path, 1))
    session.show(place)
    session.write(place, TEXTS[place], LABELLED)
    assert session.status().figure.texts == 0


def test_many_hard_ones_that_were_right_are_enough(items, journal, tmp_path, monkeypatch):
    monkeypatch.setattr("ctckit.labelling.session.ENOUGH", 10)
    session = Session(items, journal, learner=NoLearner(tmp_path, first=99))
    session.take(learned(session, tmp_path, 1))
    places(session, 11)  # two of which came at random
    assert not session.status().is_enough
    places(session, 1)
    status = session.status()
    assert status.is_enough
    assert (status.images, status.labels, status.others) == (30, 12, 0)
    assert (status.right_lately, status.lately) == (12, 12)


def test_without_a_reader_of_here_nothing_is_hard(items, journal, reader):
    session = Session(items, journal, reader=reader)
    places(session, 30)
    assert not session.status().is_enough
    assert (session.status().right_lately, session.status().lately) == (20, 20)


def test_an_image_drawn_at_random_and_put_off_is_none_when_it_comes_as_a_hard_one(
    items, journal, tmp_path
):
    session = Session(items[:1], journal, learner=NoLearner(tmp_path, first=99))
    assert session.next("one").place == 0
    session.later(0)
    session.take(learned(session, tmp_path, 1))
    session.write(session.next("one").place, TEXTS[0], LABELLED)
    [entry] = journal.entries.values()
    assert not entry.at_random and session.status().figure.texts == 0


def test_several_threads_at_once_lose_nothing(items, journal, tmp_path):
    session = Session(items, journal, learner=NoLearner(tmp_path, first=99))
    seen, problems = [], []

    def work(tab):
        try:
            while (shown := session.next(tab)) is not None:
                session.write(shown.place, TEXTS[shown.place], LABELLED)
                seen.append(shown.place)
        except Exception as error:  # noqa: BLE001 - it is shown below
            problems.append(error)

    threads = [threading.Thread(target=work, args=(str(tab),)) for tab in range(4)]
    for thread in threads:
        thread.start()
    for number in range(1, 4):
        session.take(learned(session, tmp_path, number))
        session.status()
    for thread in threads:
        thread.join()
    assert not problems
    assert {*seen} == {*range(len(items))} and len(journal.entries) == len(items)


def test_what_has_no_text_is_counted_and_not_learned(items, journal, tmp_path):
    session = Session(items, journal, learner=NoLearner(tmp_path, first=1))
    session.write(0, "", UNREADABLE)
    session.write(1, "", EMPTY)
    assert (session.status().labels, session.status().others) == (0, 2)
    assert not session.learner.tasks


def test_an_earlier_sitting_left_its_reader(items, journal, tmp_path):
    session = Session(items, journal, learner=NoLearner(tmp_path))
    places(session, 20)
    session.take(learned(session, tmp_path, 20))
    learner = NoLearner(tmp_path, first=30)
    again = Session(items, journal, learner=learner)
    again.begin()
    [task] = learner.tasks
    assert task.reader == str(again.last_reader) and not task.labelled and len(task.ranked) == 10
    assert learner.num_labels == 20
    again.take(Learned(again.last_reader, 20, []))
    assert again.next("one").suggestion.reader == "reader of 20 labels"


def test_what_was_read_before_is_suggested(items, journal):
    doubtful = [items[0]._replace(label="222", reading="234", note="misread")]
    shown = Session(doubtful, journal).next("one")
    assert shown.suggestion.text == "234" and shown.item.label == "222"


def test_a_reader_that_cannot_place_its_text_suggests_it_without_marks(items, journal, reader):
    def fails(image, text):
        raise InputError("does not fit")

    other = SimpleNamespace(read_one=reader.read_one, characters=fails)
    shown = Session(items, journal, reader=other).next("one")
    assert shown.suggestion.text == TEXTS[0] and not shown.suggestion.characters
