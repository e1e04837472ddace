import json

import pytest

from ctckit.errors import InputError
from ctckit.sources.layouts import open_dataset
from tests.sources.folders import labels, touch


def entry(image, *texts):
    return {"img_path": image, "instances": [{"text": text} for text in texts]}


def write(path, *entries):
    path.write_text(json.dumps({"metainfo": {"task_name": "textrecog"}, "data_list": entries}))
    return path


def test_a_list_for_each_part(tmp_path):
    touch(tmp_path, "imgs/1.png", "imgs/2.png", "imgs/3.png")
    write(tmp_path / "train_labels.json", entry("imgs/1.png", "A"), entry("imgs/2.png", "B"))
    write(tmp_path / "test_labels.json", entry("imgs/3.png", "C"))
    dataset = open_dataset(tmp_path)
    assert (labels(dataset), [label for _, label in dataset.test]) == (["A", "B"], ["C"])
    assert dataset.layout == "mmocr: test_labels.json, train_labels.json: the text of each image"
    assert labels(open_dataset(tmp_path / "test_labels.json")) == ["C"]


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        (
            [entry("1.png", "A", "B")],
            "entry 1 of .*, received 2 texts of 1.png; give",
        ),
        ([{"img_path": "1.png"}], "received 0 texts of 1.png"),
        ([{"img_path": "1.png", "instances": 5}], "received 0 texts of 1.png"),
        ([{"instances": [{"text": "A"}]}], "received 1 texts of None"),
        (["x"], "entry 1 of .*, received 0 texts"),
    ],
    ids=["for detection", "no text", "no list of texts", "no image", "no entry"],
)
def test_entries_that_have_not_one_text(tmp_path, entries, message):
    touch(tmp_path, "1.png")
    with pytest.raises(InputError, match=message):
        open_dataset(write(tmp_path / "x.json", *entries))
