import shutil
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from ctckit.data.check import scan
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


def test_the_samples_may_be_any_sequence(folder):
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
