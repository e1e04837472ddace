"""The network that comes with the package."""

import csv
import string

import numpy as np
import pytest

from configs import ModelConfigs
from ctckit import base
from ctckit.inference.reader import ImageToWordModel
from ctckit.render.renderer import Renderer
from ctckit.render.texts import Texts
from tests.render.conftest import FONTS

MOST = {base.NAME: 3_000_000, base.LARGE: 12_000_000}  # bytes of all of it


@pytest.fixture(scope="module")
def drawn():
    """Return images of digits, and what they say, in fonts of Matplotlib."""
    from ctckit.render.faces import find_faces

    faces = find_faces([FONTS / "DejaVuSans.ttf"], string.digits)
    renderer = Renderer(faces, Texts(string.digits), seed=1, kinds=["print"])
    return [renderer(number) for number in range(60)]


@pytest.mark.parametrize(("name", "most"), MOST.items())
def test_it_is_small(name, most):
    files = [path for path in base.FOLDERS[name].iterdir() if path.is_file()]
    assert sum(path.stat().st_size for path in files) < most


def test_base_means_the_one_of_the_package_whatever_lies_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base").mkdir()
    assert base.find_run("base") == base.FOLDER and ImageToWordModel("base").metadata
    assert base.find_run(tmp_path / "base") == tmp_path / "base"
    assert base.find_run("base-large") == base.FOLDERS[base.LARGE]


@pytest.mark.parametrize("name", base.FOLDERS)
def test_it_reads_what_nobody_trained_it_on(name, drawn):
    """The seed and the number of these are others than any it learned from."""
    reader = ImageToWordModel(name, characters=string.digits)
    read = reader.read([image for image, _ in drawn])
    right = [one.text == text for one, (_, text) in zip(read, drawn, strict=True)]
    assert np.mean(right) >= 0.8
    assert np.mean([one.confidence for one in read]) > 0.5


def test_it_is_a_run_of_the_recipe():
    configs = ModelConfigs.load(base.FOLDER)
    assert (configs.architecture, configs.channels, configs.start_from) == ("crnn", 3, "first")
    known = set(configs.vocabulary.characters)
    assert known >= {*string.printable} - {*string.whitespace} | {*" ÀÉßñøŁşžĞ€"}
    assert ImageToWordModel("base").metadata.vocabulary == configs.vocabulary
    large = ModelConfigs.load(base.FOLDERS[base.LARGE])
    assert ImageToWordModel("base-large").metadata.vocabulary == large.vocabulary
    assert large.vocabulary == configs.vocabulary and large.width_multiplier == 2


def test_each_of_its_fonts_has_a_licence():
    with (base.FOLDER / "fonts.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 200 and all(row["licences"].strip() for row in rows)
    assert not [row for row in rows if "-NC" in row["licences"]]
