import logging
import re
import shutil
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from ctckit.data.check import leave_out_labels, log_left_out, required_steps, scan
from ctckit.data.samples import Dataset, LeftOut, Sample
from ctckit.data.split import Subset
from ctckit.errors import InputError
from tests.drawing import draw_folder, draw_text, write_image


@pytest.fixture
def folder(tmp_path):
    draw_folder(tmp_path / "set", count=6)
    return tmp_path / "set"


def load(folder):
    images = sorted(path for path in folder.iterdir() if path.is_file())
    return Dataset(folder.name, [Sample(str(path), path.stem) for path in images])


def test_good_images_are_all_kept(folder):
    result = scan(load(folder))
    assert result.dataset.samples == load(folder).samples and not result.dataset.left_out
    assert result.sizes == Counter({(32, 96): 6})
    assert result.median_size == (32, 96)
    assert result.is_grey is False


def test_unreadable_images_are_left_out_with_their_reason(folder):
    (folder / "broken.png").write_bytes(b"x")
    (folder / "empty.png").write_bytes(b"")
    dataset = load(folder)
    result = scan(dataset)
    assert len(result.dataset.samples) == 6
    assert len(dataset.samples) == 8
    reasons = {record.label: record.reason for record in result.dataset.left_out}
    assert "not an image" in reasons["broken"]
    assert "the file is empty" in reasons["empty"]


def test_same_pixels_are_left_out_in_any_format(folder):
    original = sorted(folder.iterdir())[0]
    shutil.copy(original, folder / "zz.png")
    write_image(folder / "zzz.bmp", draw_text(original.stem))
    result = scan(load(folder))
    assert [record.label for record in result.dataset.left_out] == ["zz", "zzz"]
    assert result.dataset.left_out[0].reason == (
        f"same pixels as {original.name}, labelled {original.stem!r}: labels in conflict"
    )


def test_equal_bytes_of_another_shape_are_no_copies(tmp_path):
    noise = draw_text("", height=10, width=40)
    write_image(tmp_path / "a.png", noise)
    write_image(tmp_path / "b.png", noise.reshape(40, 10, 3))
    assert len(scan(load(tmp_path)).dataset.samples) == 2


def test_sizes_and_their_median(tmp_path):
    for index, (height, width) in enumerate([(20, 60), (20, 70), (30, 200)]):
        write_image(tmp_path / f"{index}.png", draw_text("2", height=height, width=width))
    result = scan(load(tmp_path))
    assert result.sizes == Counter({(20, 60): 1, (20, 70): 1, (30, 200): 1})
    assert result.median_size == (20, 70)


def test_grey_images_are_known_even_if_stored_in_colour(tmp_path):
    for seed in range(3):
        grey = draw_text("2", seed=seed)
        grey[:] = grey[..., :1]
        write_image(tmp_path / f"{seed}.png", grey)
    assert scan(load(tmp_path)).is_grey is True


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_same_result_for_any_number_of_workers(folder, workers):
    shutil.copy(sorted(folder.iterdir())[2], folder / "copy.png")
    assert scan(load(folder), workers=workers) == scan(load(folder))


def test_samples_to_scan_may_be_any_sequence(folder):
    dataset = load(folder)
    subset = Subset(dataset.samples, np.array([4, 1]))
    result = scan(replace(dataset, samples=subset))
    assert list(result.dataset.samples) == list(subset)
    assert result.sizes == Counter({(32, 96): 2})


def test_all_corrupt(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.png").write_bytes(b"x")
    with pytest.raises(InputError, match=r"none of 2 can be read: cannot read .*a\.png: not an"):
        scan(load(tmp_path))


def test_the_fingerprint_is_that_of_pixels_and_labels(folder):
    before = scan(load(folder)).dataset.fingerprint
    first, second = sorted(folder.glob("*.png"))[:2]
    assert before and scan(load(folder)).dataset.fingerprint == before
    images = first.read_bytes(), second.read_bytes()
    first.write_bytes(images[1])
    second.write_bytes(images[0])
    assert scan(load(folder)).dataset.fingerprint != before


# Blank images, copies between parts, images of another shape


def test_blank_images_with_a_label_are_left_out(tmp_path):
    almost = np.full((20, 60, 3), 200, np.uint8)
    almost[3, 4] += 4
    faint = almost.copy()
    faint[3, 4] += 1
    for name, image in [("flat", almost * 0), ("noise", almost), ("faint", faint)]:
        write_image(tmp_path / f"{name}.png", image)
    write_image(tmp_path / "dot.png", np.zeros((1, 1, 3), np.uint8))
    result = scan(load(tmp_path))
    assert {record.label: record.reason for record in result.dataset.left_out} == dict.fromkeys(
        ["dot", "flat", "noise"], "blank image"
    )
    assert [label for _, label in result.dataset.samples] == ["faint"]


def test_blank_images_that_say_so_are_kept(folder):
    blank = np.full((20, 60, 3), 200, np.uint8)
    samples = [
        *load(folder).samples,
        Sample(str(write_image(folder / "a.png", blank)), "2"),
        Sample(str(write_image(folder / "b.png", blank)), ""),
    ]
    result = scan(Dataset("set", samples))
    assert result.blank == 1
    assert [(r.label, r.reason) for r in result.dataset.left_out] == [("2", "blank image")]


@pytest.fixture
def parts(tmp_path):
    """A set whose parts all hold one image more than their own two, the same one."""
    names = ("samples", "validation", "test")
    return Dataset(
        "set",
        **{
            name: [
                Sample(str(write_image(tmp_path / f"{name}{text}.png", draw_text(text))), text)
                for text in (f"{index}2", f"{index}3", "555")
            ]
            for index, name in enumerate(names)
        },
    )


@pytest.mark.parametrize(
    ("emptied", "kept"),
    [
        ((), (2, 2, 3)),
        (("test",), (2, 3, 0)),
        (("validation", "test"), (3, 0, 0)),
    ],
)
def test_a_copy_leaves_the_part_that_is_learned_from_first(parts, emptied, kept):
    dataset = replace(parts, **dict.fromkeys(emptied, ()))
    scanned = scan(dataset).dataset
    assert (len(scanned.samples), len(scanned.validation), len(scanned.test)) == kept
    assert {record.label for record in scanned.left_out} <= {"555"}


def test_the_fingerprint_tells_the_parts_apart(parts):
    first = replace(parts, validation=parts.test[:1], test=())
    second = replace(parts, validation=(), test=parts.test[:1])
    assert scan(first).dataset.fingerprint != scan(second).dataset.fingerprint


def test_nothing_but_blank_images(tmp_path):
    for number in range(3):
        write_image(tmp_path / f"a{number}b.png", np.full((9, 9 + number, 3), 9, np.uint8))
    with pytest.raises(InputError, match=r"3 of which none can be used: a0b\.png: blank image"):
        scan(load(tmp_path))


def drawn_set(folder, texts, size, lines):
    """Draw an image of (height, width) for each text, its parts below each other."""
    height, width = size
    samples = []
    for index, text in enumerate(texts):
        cuts = np.cumsum([0, *lines])
        rows = [text[a:b] for a, b in zip(cuts[:-1], cuts[1:], strict=True)]
        image = np.vstack([
            draw_text(row, height=height // len(rows), width=width, seed=index) for row in rows
        ])  # fmt: skip
        samples.append(Sample(str(write_image(folder / f"{index}.png", image)), text))
    return Dataset("set", samples)


TEXTS = [f"AB{number}" for number in range(3456, 3476)]


@pytest.mark.parametrize(
    ("size", "lines", "note"),
    [
        ((32, 120), [6], ""),
        ((40, 60), [6], ""),  # narrow letters
        ((64, 96), [2, 4], "20 of 20 images seem to hold several lines"),
        ((60, 120), [2, 4], "20 of 20 images seem to hold several lines"),
        ((60, 50), [2, 4], "20 of 20 images seem to hold several lines"),
        ((90, 60), [2, 2, 2], "20 of 20 images seem to hold several lines"),
        ((400, 40), [1] * 6, "the text of 20 of 20 images runs up or down"),
    ],
)
def test_text_that_is_not_one_line_from_left_to_right_is_said(tmp_path, size, lines, note):
    result = scan(drawn_set(tmp_path, TEXTS, size, lines))
    assert len(result.dataset.samples) == 20
    assert [line[: len(note)] for line in result.dataset.notes] == ([note] if note else [])
    assert result.tall == (20 if size[0] > size[1] else 0)


@pytest.mark.parametrize("rotate", ["270", "auto"])
def test_text_that_will_be_turned_is_not_said(tmp_path, rotate):
    dataset = drawn_set(tmp_path, TEXTS, (400, 40), [1] * 6)
    result = scan(dataset, rotate=rotate)
    assert not result.dataset.notes and result.tall == 20
    assert result.dataset.fingerprint == scan(dataset).dataset.fingerprint


def test_one_image_of_two_lines_is_counted_but_not_said(tmp_path):
    (tmp_path / "two").mkdir()
    many = drawn_set(tmp_path, TEXTS, (32, 120), [6])
    (two,) = drawn_set(tmp_path / "two", ["CD2345"], (64, 96), [2, 4]).samples
    result = scan(replace(many, samples=[*many.samples, two]))
    assert result.lines == 1 and not result.dataset.notes


def test_images_of_any_shape(tmp_path):
    for height, width in [(1, 1), (1, 2), (10, 20_000), (20_000, 10), (13, 1), (12, 6)]:
        noise = np.random.default_rng(0).integers(0, 255, (height, width, 3), np.uint8)
        write_image(tmp_path / f"{height}x{width}.png", noise)
    result = scan(load(tmp_path))
    assert [label for _, label, _ in result.dataset.left_out] == ["1x1"]
    assert (result.tall, result.downwards) == (3, 3)


# More images than one waits for


@pytest.fixture
def many(tmp_path, monkeypatch):
    """A set of 60 images, of which ten are looked at; every third cannot be read."""
    monkeypatch.setattr("ctckit.data.check.MAX_CHECKED", 59)
    monkeypatch.setattr("ctckit.data.check.SAMPLE_SIZE", 30)
    draw_folder(tmp_path, count=40)
    for number in range(20):
        (tmp_path / f"{number}x.png").write_bytes(b"x")
    return load(tmp_path)


def test_of_very_many_images_some_are_looked_at(many):
    result = scan(many)
    assert result.sampled == 30
    assert result == scan(many, workers=1)
    unread = [record for record in result.dataset.left_out if record.label.endswith("x")]
    assert 0 < len(unread) == len(result.dataset.left_out) < 20
    assert len(result.dataset.samples) == 60 - len(unread)
    assert sum(result.sizes.values()) == 30 - len(unread)
    (note,) = result.dataset.notes
    assert note.startswith("30 of 60 images were looked at")


def test_all_are_looked_at_if_asked_for(many):
    result = scan(many, full=True)
    assert result.sampled is None and not result.dataset.notes
    assert len(result.dataset.samples) == 40


# Labels


@pytest.mark.parametrize(
    ("label", "steps"),
    [("", 0), ("a", 1), ("ab", 2), ("aa", 3), ("aaa", 5), ("abab", 4), ("aabb", 6)],
)
def test_required_steps(label, steps):
    assert required_steps(label) == steps


def labelled(*labels):
    return Dataset("set", [Sample(f"{index}.png", label) for index, label in enumerate(labels)])


@pytest.mark.parametrize(
    ("labels", "options", "kept", "reason"),
    [
        (["abcd", "aabc"], {"num_steps": 4}, ["abcd"], "label 'aabc' needs 5 .* network has 4"),
        (["ab", "abc"], {"num_steps": 9, "max_length": 2}, ["ab"], "'abc' has 3 .* more than 2"),
        (["ab", "axb"], {"num_steps": 9, "characters": "ab"}, ["ab"], "'axb' has 'x', not in the"),
    ],
    ids=["a repeat needs one more step", "longer than allowed", "unknown character"],
)
def test_unfit_labels_are_left_out_with_their_reason(labels, options, kept, reason):
    dataset = labelled(*labels)
    fitting = leave_out_labels(dataset, **options)
    assert [sample.label for sample in fitting.samples] == kept
    assert len(dataset.samples) == len(labels)
    (record,) = fitting.left_out
    assert re.search(reason, record.reason)


def test_labels_that_fit_exactly_are_kept():
    dataset = labelled("abcd", "aab")
    options = {"num_steps": 4, "max_length": 4, "characters": "abcd"}
    assert leave_out_labels(dataset, **options) == dataset


def test_samples_to_leave_out_may_be_any_sequence():
    samples = Subset(labelled("abcd", "aabc", "ab").samples, np.array([1, 2]))
    fitting = leave_out_labels(Dataset("set", samples), num_steps=4)
    assert [sample.label for sample in fitting.samples] == ["ab"]


def test_labels_to_validate_with_must_fit_and_those_to_test_with_need_not():
    learned, tested = labelled("ab", "abc", "b").samples, [Sample("test.png", "abcd")]
    dataset = Dataset("set", learned[:1], validation=learned[1:], test=tested)
    fitting = leave_out_labels(dataset, num_steps=2)
    assert [label for _, label in fitting.everything] == ["ab", "b", "abcd"]


def test_no_label_fits():
    with pytest.raises(InputError, match="2 .* cannot.* 'abc' needs 3 .* network has 2; try"):
        leave_out_labels(labelled("abc", "abcd"), num_steps=2)


def test_log_names_the_first_and_counts_the_rest(caplog):
    left_out = [LeftOut(f"set/{i}.png", "", "empty label") for i in range(8)]
    with caplog.at_level(logging.DEBUG, "ctckit"):
        log_left_out(Dataset("set", [Sample("x.png", "x")] * 2, left_out))
    lines = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    assert "8 of 10 images" in lines[0]
    assert "0.png: empty label" in lines[1]
    assert "3 more" in lines[-1]
    assert any("7.png: empty label" in message for message in caplog.messages)


def test_log_is_silent_where_nothing_was_left_out(caplog):
    with caplog.at_level(logging.DEBUG, "ctckit"):
        log_left_out(Dataset("set", [Sample("x.png", "x")]))
    assert not caplog.messages


def test_labels_of_two_directions_whose_order_no_image_tells_are_left_out():
    fitting = leave_out_labels(labelled("אב 12", "AB אב", "AB"), num_steps=9)
    assert [sample.label for sample in fitting.samples] == ["אב 12", "AB"]
    assert "looks like 'אב AB' in an image" in fitting.left_out[0].reason


def test_steps_are_those_of_the_order_of_the_eye():
    assert required_steps("אב") == 2
    assert required_steps("1א1") == 3
    assert required_steps("אא") == 3
