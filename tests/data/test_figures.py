import numpy as np
import pytest

from ctckit.data.check import scan
from ctckit.data.figures import set_figures
from ctckit.data.samples import Dataset, LeftOut, Sample
from tests.drawing import draw_text, write_image


@pytest.fixture
def drawn(tmp_path):
    """Draw an image for each label; return samples."""

    def draw(*labels):
        images = [draw_text(f"{index}", height=32 + index) for index in range(len(labels))]
        paths = [write_image(tmp_path / f"{i}.png", image) for i, image in enumerate(images)]
        return [Sample(str(path), label) for path, label in zip(paths, labels, strict=True)]

    return draw


def test_counts(drawn):
    samples = drawn("ab", "ab", "abc", "ä")
    dataset = Dataset("set", samples[:3], test=samples[3:], layout="a list", notes=("one",))
    figures = set_figures(scan(dataset))
    assert (figures["samples"], figures["validation"], figures["test"]) == (3, 0, 1)
    assert figures["first"][0] == {"image": samples[0].image, "label": "ab"}
    assert figures["characters"] == {"a": 3, "b": 3, "c": 1, "ä": 1}
    assert figures["characters_once"] == ["c", "ä"]
    assert figures["label_lengths"] == {1: 1, 2: 2, 3: 1}
    assert figures["labels"] == {
        "different": 3,
        "repeated": 1,
        "images_of_repeated": 2,
        "most": {"ab": 2},
    }
    assert figures["sizes"]["smallest"] == [32, 96]
    assert figures["sizes"]["largest"] == [35, 96]
    assert figures["sizes"]["shapes"] == 4
    assert (figures["notes"], figures["layout"]) == (["one"], "a list")


def test_what_is_left_out_is_counted_by_its_kind(drawn, tmp_path):
    samples = drawn("ab", "cd", "ef")
    again = [
        Sample(str(write_image(tmp_path / f"z{label}.png", draw_text("0"))), label)
        for label in ("ab", "xy")
    ]
    blank = Sample(str(write_image(tmp_path / "w.png", np.zeros((9, 9, 3), np.uint8))), "w")
    left_out = [LeftOut("e.png", "", "empty label")]
    figures = set_figures(scan(Dataset("set", [*samples, *again, blank], left_out)))
    assert figures["left_out"] == {
        "empty label": 1,
        "blank image": 1,
        "copy of another image": 1,
        "copy of another image with another label": 1,
    }
    assert [record["label"] for record in figures["records_left_out"]] == ["xy", "", "ab", "w"]
    assert "labels in conflict" in figures["records_left_out"][0]["reason"]
