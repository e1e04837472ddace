import csv
import json
from pathlib import Path

import pytest

from ctckit.data.samples import Sample
from ctckit.report.save import report_test_part
from ctckit.run_folder import RunFolder
from tests.inference.tiny_model import write_image_in, write_run


@pytest.fixture
def run(tmp_path):
    return RunFolder(write_run(tmp_path / "run", [("2", "2")]))


def test_the_part_to_test_with_gets_a_report_of_its_own(run, tmp_path):
    pairs = [("2345", "2345"), ("22", "2 3"), ("", "5")]  # drawn, and said to be
    samples = [
        Sample(str(write_image_in(tmp_path, f"{index}.png", drawn)), label)
        for index, (drawn, label) in enumerate(pairs)
    ]
    assert report_test_part(run, samples) == {
        "test_images": 3,
        "test_CER": 3 / 8,
        "test_WER": 2 / 3,
        "test_word_error_rate": 3 / 4,
    }
    names = {path.name for path in run.report.iterdir()}
    assert names == {
        *("test_predictions.csv", "test_predictions.png"),
        *("test_evaluation.json", "test_evaluation.html"),
    }
    with run.test_evaluation.predictions.open(encoding="utf-8", newline="") as file:
        assert [row[1] for row in csv.reader(file)] == ["label", *(label for _, label in pairs)]
    figures = json.loads(run.test_evaluation.figures.read_text(encoding="utf-8"))
    assert figures["misread"] == 2


def test_without_such_a_part_nothing_is_written(run):
    assert report_test_part(run, ()) == {}
    assert not Path(run.report).exists()
