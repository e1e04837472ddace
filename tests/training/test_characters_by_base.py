"""Characters that images without labels show, and few labels do not."""

from types import SimpleNamespace

import pytest

from configs import ModelConfigs
from ctckit.inference.reader import ImageToWordModel, Reading
from ctckit.log import LOGGER
from ctckit.training.characters_by_base import LOOKED_AT, SURE, characters_by_base
from ctckit.training.configs import NOTHING
from ctckit.training.preparation import prepare_data
from tests.drawing import CHARACTERS, draw_folder


def test_only_what_is_read_surely_counts(monkeypatch):
    seen = []

    def chunks(self, images, **options):
        seen.extend(images)
        yield SimpleNamespace(readings=[Reading("b a", SURE), Reading("c", SURE - 0.01)])
        yield SimpleNamespace(readings=[Reading("é", 1.0), Reading("", 1.0)])

    monkeypatch.setattr(ImageToWordModel, "chunks", chunks)
    assert characters_by_base([str(number) for number in range(3 * LOOKED_AT)]) == "abé"
    assert len(seen) == LOOKED_AT and seen[:2] == ["0", "3"]


def test_what_the_base_reads_of_plain_images_is_there(tmp_path):
    draw_folder(tmp_path, count=12)
    images = [str(path) for path in sorted(tmp_path.iterdir())]
    found = characters_by_base([*images, str(tmp_path / "gone.png")])
    assert found and set(found) <= set(CHARACTERS)
    assert characters_by_base([]) == ""


@pytest.mark.parametrize(
    ("settings", "few", "vocab"),
    [
        ({}, 500, "234569é"),
        ({"unlabelled": None}, 500, "23456"),
        ({"vocab": "23456z"}, 500, "23456z"),
        ({}, 19, "23456"),
        ({"start_from": NOTHING}, 500, "23456"),
    ],
    ids=[
        "they join those of the labels",
        "there are none",
        "they are given",
        "labels show all",
        "nothing knows them",
    ],
)
def test_characters_of_a_run(tmp_path, monkeypatch, caplog, settings, few, vocab):
    monkeypatch.setattr(LOGGER, "propagate", True)
    caplog.set_level("INFO", logger=LOGGER.name)
    monkeypatch.setattr(
        "ctckit.training.preparation.characters_by_base",
        lambda images: "29e\N{COMBINING ACUTE ACCENT}",
    )
    monkeypatch.setattr("ctckit.training.preparation.FEW", few)
    draw_folder(tmp_path / "set", count=20)
    draw_folder(tmp_path / "more", count=3, seed=1)
    sources = {"dataset": str(tmp_path / "set"), "unlabelled": str(tmp_path / "more")}
    configs = prepare_data(ModelConfigs(**(sources | settings)))[1]
    assert configs.vocab == vocab
    assert ("2 more than in the labels, read surely in images without: 9é" in caplog.text) == (
        "é" in vocab
    )
