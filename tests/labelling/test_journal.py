import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ctckit.data.samples import Sample
from ctckit.errors import InputError
from ctckit.labelling.journal import EMPTY, LABELLED, Entry, Journal
from ctckit.sources.layouts import open_dataset
from ctckit.sources.lists.tables import UNREADABLE
from ctckit.sources.options import SourceOptions
from tests.drawing import draw_folder

NAMES = ("a.png", "b.png", "c.png", "d.png")


@pytest.fixture
def images(tmp_path):
    folder = tmp_path / "images"
    drawn = sorted(draw_folder(folder, count=4))
    for name, old in zip(NAMES, drawn, strict=True):
        next(folder.glob(f"{old}*")).rename(folder / name)
    return folder


def labelled(folder, name, label="12"):
    return Entry(str(folder / name), label, LABELLED)


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return [tuple(row.values()) for row in csv.DictReader(file)]


def test_the_list_holds_the_last_word_on_each_image(images):
    with Journal.opened(images / "labels.csv") as journal:
        journal.add(labelled(images, "b.png", "12"))
        journal.add(labelled(images, "a.png", "34"))
        journal.add(labelled(images, "b.png", "5,6"))
        journal.add(Entry(str(images / "c.png"), "", UNREADABLE))
        journal.add(Entry(str(images / "d.png"), "", EMPTY))
        assert [sample.label for sample in journal.samples] == ["34", "5,6"]
    assert rows_of(images / "labels.csv") == [
        ("a.png", "34", "labelled"), ("b.png", "5,6", "labelled"),
        ("c.png", "", "unreadable"), ("d.png", "", "empty"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kept", "names"), [("leave-out", ["a.png", "b.png"]), ("keep", ["a.png", "b.png", "d.png"])]
)
def test_every_verb_reads_the_list(images, kept, names):
    """An image that nobody can read is none without text."""
    with Journal.opened(images / "labels.csv") as journal:
        for name in ("a.png", "b.png"):
            journal.add(labelled(images, name))
        journal.add(Entry(str(images / "c.png"), "", UNREADABLE))
        journal.add(Entry(str(images / "d.png"), "", EMPTY))
    for source in (images, images / "labels.csv"):
        dataset = open_dataset(source, SourceOptions(empty_labels=kept))
        assert [Path(image).name for image, _ in dataset.samples] == names
        assert "without 1 image that nobody could read" in dataset.layout


def test_a_state_of_somebodys_list_is_a_column_like_others(images):
    (images / "labels.csv").write_text("image,label,state\na.png,12,Ohio\nb.png,34,Texas\n")
    assert len(open_dataset(images).samples) == 2


def test_another_sitting_goes_on(images):
    path = images / "labels.csv"
    with Journal.opened(path) as journal:
        journal.add(labelled(images, "a.png")._replace(suggestion="13", at_random=True))
    with Journal.opened(path) as journal:
        [entry] = journal.entries.values()
        assert entry == Entry(str(images / "a.png"), "12", LABELLED, "13", None, True)
        journal.add(labelled(images, "b.png"))
    assert len(rows_of(path)) == 2


def test_folder_and_list_can_move_together(images, tmp_path):
    with Journal.opened(images / "labels.csv") as journal:
        journal.add(labelled(images, "a.png"))
    moved = tmp_path / "elsewhere"
    shutil.move(images, moved)
    with Journal.opened(moved / "labels.csv") as journal:
        assert [*journal.entries] == [str(moved / "a.png")]


def test_images_elsewhere_are_named_in_full(images, tmp_path):
    with Journal.opened(tmp_path / "out" / "labels.csv") as journal:
        journal.add(labelled(images, "a.png"))
    assert rows_of(tmp_path / "out" / "labels.csv")[0][0] == str(images / "a.png")


def test_labels_that_were_given_stay_until_others_are_typed(images):
    given = [Sample(str(images / name), "77") for name in NAMES[:2]]
    with Journal.opened(images / "new.csv", given) as journal:
        journal.add(labelled(images, "b.png"))
    expected = [("a.png", "77", "given"), ("b.png", "12", "labelled")]
    assert rows_of(images / "new.csv") == expected
    with Journal.opened(images / "new.csv") as journal:  # the list may hide where they came from
        assert journal.given == {str(images / name): "77" for name in NAMES[:2]}
    assert rows_of(images / "new.csv") == expected


def test_a_label_is_on_the_disk_before_add_returns(images):
    """A process that is killed right behind it has lost nothing."""
    program = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from ctckit.labelling.journal import Entry, Journal\n"
        "with Journal.opened(Path(sys.argv[1])) as journal:\n"
        "    journal.add(Entry(sys.argv[2], '12', 'labelled'))\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    path = images / "labels.csv"
    words = [sys.executable, "-c", program, str(path), str(images / "a.png")]
    assert subprocess.run(words, check=False).returncode == -9
    assert len(rows_of(path)) == 1
    path.unlink()
    with Journal.opened(path) as journal:
        assert len(journal.entries) == 1
        assert len(rows_of(path)) == 1, "the list is made from the journal as soon as it is opened"


def test_half_a_line_is_cut_off(images, caplog):
    path = images / "labels.csv"
    with Journal.opened(path) as journal:
        journal.add(labelled(images, "a.png"))
    with journal.file.open("a") as file:
        file.write('{"image": "b.p')
    with Journal.opened(path) as journal:
        journal.add(labelled(images, "c.png"))
    assert "half" in caplog.text
    assert [name for name, *_ in rows_of(path)] == ["a.png", "c.png"]
    assert all(map(json.loads, journal.file.read_text().splitlines()))


@pytest.mark.parametrize("line", ["[]", "{", "{}", '{"image": "a", "label": "b", "state": "odd"}'])
def test_a_damaged_journal_is_refused(images, line):
    path = images / "labels.csv"
    path.with_suffix(".journal").write_text(line + "\n")
    with pytest.raises(InputError, match="line 1"), Journal.opened(path):
        pass
    assert path.with_suffix(".journal").read_text() == line + "\n"


def test_a_list_of_somebody_is_not_written_over(images):
    path = images / "labels.csv"
    path.write_text("image,label\na.png,12\n")
    with pytest.raises(InputError, match="typed elsewhere"), Journal.opened(path):
        pass
    assert path.read_text() == "image,label\na.png,12\n"


def test_two_processes_cannot_write_one_list(images):
    path = images / "labels.csv"
    with (
        Journal.opened(path),
        pytest.raises(InputError, match="free"),
        Journal.opened(path),
    ):
        pass


def test_a_full_disk_is_told_and_leaves_whole_lines(images, monkeypatch):
    path = images / "labels.csv"
    with Journal.opened(path) as journal:
        journal.add(labelled(images, "a.png"))

        write = os.write

        def full(handle, data):
            if len(data) > 10:
                return write(handle, data[:-10])
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr("ctckit.labelling.journal.os.write", full)
            with pytest.raises(InputError, match="make room"):
                journal.add(labelled(images, "b.png"))
        journal.add(labelled(images, "c.png"))
    assert [name for name, *_ in rows_of(path)] == ["a.png", "c.png"]


def test_an_empty_journal_makes_nobodys_list_ours(images):
    path = images / "labels.csv"
    with Journal.opened(path):
        pass
    assert not path.with_suffix(".journal").exists()
    path.with_suffix(".journal").touch()
    path.write_text("image,label\na.png,12\n")
    with pytest.raises(InputError, match="typed elsewhere"), Journal.opened(path):
        pass


def test_what_is_changed_in_the_list_by_hand_is_taken_up(images, caplog):
    path = images / "labels.csv"
    with Journal.opened(path) as journal:
        journal.add(labelled(images, "a.png", "1"))
        journal.add(labelled(images, "b.png", "2"))
        journal.add(labelled(images, "a.png", "3"))
    path.write_text(
        "image,label,state\na.png,1,labelled\nb.png,22,labelled\nc.png,4,labelled\n",
        encoding="utf-8-sig",
    )
    with caplog.at_level("INFO", "ctckit"), Journal.opened(path) as journal:
        labels = {Path(image).name: entry.label for image, entry in journal.entries.items()}
    assert labels == {"a.png": "3", "b.png": "22", "c.png": "4"}, "an old list is no change"
    assert "2 labels changed by hand" in caplog.text
    path.write_text("image;label;state\na.png;1;labelled\n")
    with pytest.raises(InputError, match="as it was written here"), Journal.opened(path):
        pass
    assert path.read_text().startswith("image;")


@pytest.mark.parametrize("label", ["a\nb", "a\0", "\ud800", "\u2028", "a" * 1001, "\x1b[2J"])
def test_labels_that_no_list_holds(images, label):
    with Journal.opened(images / "labels.csv") as journal:
        with pytest.raises(InputError, match="one line"):
            journal.add(labelled(images, "a.png", label))
        assert not journal.entries


def test_given_labels_that_no_list_holds_are_told(images, caplog):
    given = [Sample(str(images / "a.png"), "1\n2"), Sample(str(images / "b.png"), "3")]
    with Journal.opened(images / "labels.csv", given) as journal:
        assert [*journal.given.values()] == ["3"]
    assert "not kept: 1 label" in caplog.text


def test_labels_in_quotes_keep_them(images):
    texts = ['"1"', '"2"', '"3"', '"4"', "1,2", '"', "שלום", "#"]
    with Journal.opened(images / "labels.csv") as journal:
        for place, text in enumerate(texts[:4]):
            journal.add(labelled(images, NAMES[place], text))
    assert [label for _, label in open_dataset(images).samples] == texts[:4]
    with Journal.opened(images / "labels.csv") as journal:
        for place, text in enumerate(texts[4:]):
            journal.add(labelled(images, NAMES[place], text))
    assert [label for _, label in open_dataset(images / "labels.csv").samples] == texts[4:]
