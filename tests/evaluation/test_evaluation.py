import csv
import json

import numpy as np
import pytest

from ctckit.data.samples import Sample
from ctckit.errors import InputError
from ctckit.evaluation.confidence import expected_calibration_error
from ctckit.evaluation.evaluation import Evaluation, Prediction, evaluate
from ctckit.inference.reader import ImageToWordModel
from ctckit.text.calibration import calibrated, fit_temperature
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


def test_evaluation_knows_the_model(tmp_path):
    model = ImageToWordModel(write_model(tmp_path / "model.onnx"))
    image = write_image_in(tmp_path, "a.png", "2")
    facts = evaluate(model, [Sample(str(image), "2")]).model
    assert (facts["dataset"], facts["vocabulary"]) == ("stripes", list("2345"))
    assert json.loads(json.dumps(facts)) == facts


def test_figures():
    evaluation = Evaluation(
        [
            prediction("22", "22", 0.95),
            prediction("22", "23", 0.9, edits=1),
            prediction("345", "3455", 0.3, edits=1),
            prediction("5", "", 0.2, edits=1),
        ],
        seconds=0.5,
        model={"dataset": "stripes"},
    )
    figures = evaluation.figures(num_worst=1)
    assert json.loads(json.dumps(figures)) == figures
    assert (figures["CER"], figures["WER"], figures["images_per_second"]) == (3 / 8, 3 / 4, 8)
    assert figures["WER_interval"] == list(evaluation.errors.wer_interval)
    counted = [figures[key] for key in ("images", "misread", "characters", "edits")]
    assert counted == [4, 3, 8, 3]
    assert figures["CER_by_length"] == [
        {"length": 1, "CER": 1.0, "characters": 1, "edits": 1},
        {"length": 2, "CER": 0.25, "characters": 4, "edits": 1},
        {"length": 3, "CER": 1 / 3, "characters": 3, "edits": 1},
    ]
    assert [tuple(row.values()) for row in figures["CER_by_position"]] == [
        (1, 1 / 4, 4, 1),
        (2, 1 / 3, 3, 1),
        (3, 1.0, 1, 1),
    ]
    assert figures["confusions"] == [{"label": "2", "read": "3", "count": 1}]
    assert figures["deletions"] == [{"label": "5", "read": "", "count": 1}]
    assert figures["insertions"] == [{"label": "", "read": "5", "count": 1}]
    accepted = {row["threshold"]: (row["accepted"], row["errors"]) for row in figures["thresholds"]}
    assert (accepted[0.5], accepted[0.95], accepted[0.99]) == ((2, 1), (1, 0), (0, 0))
    assert figures["threshold_for_error"]["threshold"] == 0.95
    assert [row["label"] for row in figures["worst"]] == ["5"]
    assert figures["model"] == {"dataset": "stripes"}
    assert figures["calibration"]["ECE"] == pytest.approx((2 * 0.425 + 0.3 + 0.2) / 4)
    assert len(figures["calibration"]["bins"]) == 10


def test_figures_look_behind_the_temperature_of_the_model():
    raw, flags = np.linspace(0.1, 0.99, 40), [0, 1] * 20
    predictions = [
        prediction("2", "2", float(confidence), edits)
        for confidence, edits in zip(calibrated(raw, 2.5), flags, strict=True)
    ]
    figures = Evaluation(predictions, 1.0, {"confidence_temperature": 2.5}).figures()
    found = figures["calibration"]
    is_right = [not edits for edits in flags]
    assert found["confidence_temperature"] == 2.5
    assert found["fitted_temperature"] == pytest.approx(fit_temperature(raw, is_right))
    assert found["ECE_uncalibrated"] == pytest.approx(expected_calibration_error(raw, is_right))
    assert found["ECE"] != pytest.approx(found["ECE_uncalibrated"])


def test_nothing_is_misread():
    figures = Evaluation([prediction("2", "2", 1.0)], 1.0).figures()
    assert figures["confusions"] == figures["deletions"] == figures["insertions"] == []
    assert (figures["CER"], figures["WER"], figures["calibration"]["ECE"]) == (0, 0, 0)
    assert figures["threshold_for_error"]["error_upper"] > 0.7  # of one image


def test_no_threshold_is_good_enough():
    assert Evaluation([prediction("2", "3", 0.9, 1)], 1.0).figures()["threshold_for_error"] is None


def test_json_file(tmp_path):
    awkward = Evaluation([prediction("é<\udc80", 'a"\n', 0.5, edits=3)], 1.0)
    path = awkward.to_json(tmp_path / "new" / "evaluation.json")
    assert json.loads(path.read_text("utf-8")) == awkward.figures()
    assert "é<" in path.read_text("utf-8")
    assert [entry.name for entry in path.parent.iterdir()] == ["evaluation.json"]
