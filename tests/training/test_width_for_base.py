import shutil

import numpy as np
import pytest

from configs import ModelConfigs
from ctckit import base
from ctckit.data.samples import Sample
from ctckit.image.widths import SEVERAL
from ctckit.inference.reader import ImageToWordModel, Reading
from ctckit.run_folder import RunFolder
from ctckit.training.preparation import prepare_data
from ctckit.training.width_for_base import stretch_for_base
from tests.drawing import draw_folder, draw_text, write_image

CONFIGS = ModelConfigs()
BASE = RunFolder(base.FOLDER)


@pytest.fixture
def drawn(tmp_path):
    draw_folder(tmp_path, count=12)
    return [Sample(str(path), path.stem) for path in sorted(tmp_path.iterdir())]


def narrow(tmp_path, share):
    """Return samples that are narrower than they were drawn."""
    samples = []
    for text in ("2345", "6543", "3344", "5262", "4563"):
        image = draw_text(text)
        image = np.ascontiguousarray(image[:, :: round(1 / share)])
        samples.append(Sample(str(write_image(tmp_path / f"{text}.png", image)), text))
    return samples


def test_it_is_one_of_the_widths_at_which_the_base_reads(drawn):
    assert stretch_for_base(BASE, CONFIGS, drawn) in [1.25 * width for width in SEVERAL]


def test_narrow_characters_are_seen_wider(tmp_path):
    (tmp_path / "half").mkdir()
    usual, half = (
        stretch_for_base(BASE, CONFIGS, narrow(folder, share))
        for folder, share in ((tmp_path, 1.0), (tmp_path / "half", 0.5))
    )
    assert half >= usual


@pytest.mark.parametrize(
    ("confidences", "width"),
    [([0.5, 0.52, 0.525, 0.3], 0.8), ([0.4, 0.5, 0.6, 0.62], 1.28), ([0.2, 0.3, 0.4, 0.5], 1.6)],
)
def test_the_narrowest_that_is_nearly_as_good_is_taken(drawn, monkeypatch, confidences, width):
    said = dict(zip(SEVERAL, confidences, strict=True))

    def read(self, images):
        return [Reading("", said[self.reading_widths[0]]) for _ in images]

    monkeypatch.setattr(ImageToWordModel, "read", read)
    assert stretch_for_base(BASE, CONFIGS, drawn) == pytest.approx(1.25 * width)


def test_where_the_base_knows_no_character(tmp_path):
    image = write_image(tmp_path / "a.png", draw_text("2345"))
    assert stretch_for_base(BASE, CONFIGS, [Sample(str(image), "漢字")]) is None
    assert stretch_for_base(BASE, CONFIGS, [Sample(str(tmp_path / "gone.png"), "2345")]) is None


@pytest.mark.parametrize(
    ("given", "chosen"),
    [
        ({}, ("auto", 1.6)),
        ({"start_from": "none"}, (152, None)),
        ({"width": 160}, (160, None)),
        ({"keep_aspect_ratio": True}, (152, None)),
        ({"width_multiplier": 0.5}, (152, None)),
        ({"width": "auto", "stretch": 1.1}, ("auto", 1.1)),
    ],
)
def test_where_nothing_is_said_few_images_get_the_width_for_the_base(
    tmp_path, monkeypatch, given, chosen
):
    draw_folder(tmp_path, count=10)
    monkeypatch.setattr("ctckit.training.preparation.stretch_for_base", lambda *_: 1.6)
    configs = prepare_data(ModelConfigs(dataset=str(tmp_path), **given))[1]
    assert (configs.width, configs.stretch) == chosen
    assert configs.augment == "light", "their shapes are alike"


def test_a_base_of_ones_own_is_asked_as_well(tmp_path, monkeypatch):
    folder, run = tmp_path / "images", RunFolder(tmp_path / "base")
    draw_folder(folder, count=10)
    asked = []
    monkeypatch.setattr(
        "ctckit.training.preparation.stretch_for_base", lambda run, *_: asked.append(run) or 1.6
    )
    shutil.copytree(base.FOLDER, run.path)
    configs = ModelConfigs(dataset=str(folder), start_from=str(run.path))
    assert prepare_data(configs)[1].stretch == 1.6
    run.drawing.unlink()  # as a run on images of somebody's, which knows them
    assert prepare_data(configs)[1].width == 152
    assert asked == [run]


def test_many_images_keep_their_width(tmp_path, monkeypatch):
    draw_folder(tmp_path, count=10)
    monkeypatch.setattr("ctckit.training.preparation.stretch_for_base", lambda *_: 1.6)
    monkeypatch.setattr("ctckit.training.preparation.FEW", 9)
    assert prepare_data(ModelConfigs(dataset=str(tmp_path)))[1].width == 152
