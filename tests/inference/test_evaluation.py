import csv

import pytest

from ctckit.data import Sample
from ctckit.errors import InputError
from ctckit.inference import Evaluation, ImageToWordModel, Prediction, evaluate
from tests.inference.tiny_model import write_image_in, write_model


def prediction(label, text, confidence=0.5, edits=0):
    return Prediction(f"{label}.png", label, text, confidence, edits)


def test_evaluate(tmp_path):
    model = ImageToWordModel(write_model(tmp_path / "model.onnx"))
    pairs = [("2345", "2345"), ("22", "23"), ("3", "35555")]  # drawn, and said to be
    samples = [
        Sample(str(write_image_in(tmp_path, f"{drawn}.png", drawn)), label)
        for drawn, label in pairs
    ]
    evaluation = evaluate(model, samples, batch_size=2)
    assert [(p.label, p.text, p.edits) for p in evaluation.predictions] == [
        ("2345", "2345", 0),
        ("23", "22", 1),
        ("35555", "3", 4),
    ]
    assert evaluation.cer == 5 / 11
    assert evaluation.wer == 2 / 3
    assert evaluation.images_per_second == 3 / evaluation.seconds > 0


def test_nothing_to_evaluate(tmp_path):
    model = ImageToWordModel(write_model(tmp_path / "model.onnx"))
    with pytest.raises(InputError, match="at least one labelled image"):
        evaluate(model, [])


def test_worst_comes_first():
    expected = [
        prediction("a", "b", 0.9, edits=1),  # one of one character
        prediction("", "x", 0.9, edits=1),  # an empty label counts as one
        prediction("aaaa", "bbaa", 0.9, edits=2),
        prediction("aaaaa", "bbbaa", 0.1, edits=2),
        prediction("c", "c", 0.2),  # then the least sure
        prediction("d", "d", 0.3),
    ]
    evaluation = Evaluation([*expected[::-1]], 1.0)
    assert evaluation.worst(6) == [expected[1], expected[0], *expected[2:]]
    assert len(evaluation.worst(2)) == 2


def test_csv_keeps_text_as_text(tmp_path):
    awkward = [prediction("00123", "0012", 1 / 3, edits=1), prediction('a,"b', "ü\t", 1.0, edits=4)]
    path = Evaluation(awkward, 1.0).to_csv(tmp_path / "new" / "predictions.csv")
    assert path.read_text("utf-8").splitlines()[:2] == [
        "image,label,prediction,confidence,edits",
        "00123.png,00123,0012,0.333333,1",
    ]
    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file))[2] == ['a,"b.png', 'a,"b', "ü\t", "1.000000", "4"]
    assert [entry.name for entry in path.parent.iterdir()] == ["predictions.csv"]
