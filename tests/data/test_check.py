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
from ctckit.sources.layouts import load_dataset
from tests.drawing import draw_folder, draw_text, write_image


@pytest.fixture
def folder(tmp_path):
    draw_folder(tmp_path / "set", count=6)
    return tmp_path / "set"


def load(folder):
    return load_dataset(folder, datasets_dir=folder.parent)


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
        f"same pixels as {original.name}, labelled {original.stem!r}"
    )


def test_equal_bytes_of_another_shape_are_no_copies(tmp_path):
    blank = draw_text("", height=10, width=40) * 0
    write_image(tmp_path / "a.png", blank)
    write_image(tmp_path / "b.png", blank.reshape(40, 10, 3))
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


def test_no_label_fits():
    with pytest.raises(InputError, match="2 .* cannot.* 'abc' needs 3 .* network has 2; raise"):
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
