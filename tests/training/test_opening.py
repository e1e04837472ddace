"""What the list of a run does not say, where it is damaged."""

import json

import pytest

from ctckit.data.samples import Dataset, Sample
from ctckit.errors import InputError
from ctckit.run_folder import RunFolder
from ctckit.training.opening import _load_dataset, _save_dataset

FACTS = {"name": "set", "left_out": [], "notes": []}


@pytest.fixture
def run(tmp_path):
    (tmp_path / "a.png").write_bytes(b"")
    run = RunFolder(tmp_path)
    run.dataset.parent.mkdir()
    run.train_csv.write_text(f"image,label\n{tmp_path / 'a.png'},x\n")
    return run


def test_it_comes_back(run):
    run.dataset.write_text(json.dumps(FACTS | {"left_out": [["b.png", "", "empty label"]]}))
    dataset = _load_dataset(run)
    assert (dataset.name, dataset.samples[0].label) == ("set", "x")
    assert dataset.left_out[0].reason == "empty label"


def test_images_without_labels_come_back(run):
    dataset = Dataset("set", [Sample(str(run.path / "a.png"), "x")], unlabelled=("/far/1.png",))
    _save_dataset(run, dataset)
    assert _load_dataset(run).unlabelled == ("/far/1.png",)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "[]",
        "{}",
        "7",
        json.dumps(FACTS | {"more": 1}),
        json.dumps(FACTS | {"left_out": 7}),
        json.dumps(FACTS | {"left_out": [["a"]]}),
        json.dumps(FACTS | {"notes": None}),
        "[" * 100_000,
        "9" * 5000,
        "\xff",
    ],
)
def test_damages_give_one_line(run, text):
    if text is not None:
        run.dataset.write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match="what the run learns from in .*; begin a new run"):
        _load_dataset(run)
