import csv
import json

import numpy as np
import pytest

from ctckit.data.samples import Sample
from ctckit.evaluation.confidence import expected_calibration_error
from ctckit.evaluation.evaluation import Evaluation, Prediction
from ctckit.evaluation.leniency import Leniency
from ctckit.evaluation.one_pass import evaluate
from ctckit.inference.reader import ImageToWordModel
from ctckit.text.calibration import calibrated, fit_temperature
from tests.inference.tiny_model import metadata, write_image_in, write_model


def prediction(label, text, confidence=0.5, edits=0):
    return Prediction(f"{label}.png", label, text, confidence, edits)


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


def test_each_error_rate_has_a_name_that_tells_which():
    lines = [
        prediction("an old dog", "an old dig", edits=1),
        prediction("a cat", "a cat"),
        prediction("yes", "yas", edits=1),
    ]
    figures = Evaluation(lines, 1.0).figures()
    assert figures["WER"] == figures["texts_misread_share"] == 2 / 3
    assert figures["word_error_rate"] == 2 / 6
    assert (figures["word_edits"], figures["words"]) == (2, 6)


def test_what_does_not_count_is_in_none_of_the_figures():
    lenient = Leniency(ignore_case=True, ignore=" -")
    found = [prediction("AbC-1", "abc 1"), prediction("A-B", "ax", edits=1)]
    evaluation = Evaluation(found, 1.0, leniency=lenient)
    figures = evaluation.figures()
    assert (evaluation.wer, evaluation.cer) == (1 / 2, 1 / 6)
    assert figures["confusions"] == [{"label": "b", "read": "x", "count": 1}]
    assert [row["length"] for row in figures["CER_by_length"]] == [2, 4]
    assert (figures["words"], figures["word_edits"]) == (2, 1)
    assert figures["ignored"] == {"case": True, "characters": " -"}
    assert figures["worst"][1]["text"] == "abc 1"  # as it was read
    assert Evaluation(found, 1.0).figures()["ignored"] == {"case": False, "characters": None}


def test_two_characters_that_make_up_most_errors_are_named():
    mixed = [prediction("0", "O", edits=1)] * 2 + [prediction("O", "0", edits=1)] * 2
    named = {"one": "0", "other": "O", "count": 4, "edits": 4}
    assert Evaluation(mixed, 1.0).figures()["main_mix_up"] == named
    assert Evaluation(mixed[:2], 1.0).figures()["main_mix_up"] is None


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


def test_calibrated_by_is_what_a_model_of_that_temperature_says(tmp_path):
    samples = [Sample(str(write_image_in(tmp_path, f"a{text}.png", text)), "22")
               for text in ("22", "2345", "")]  # fmt: skip
    warm, hot = (
        evaluate(ImageToWordModel(write_model(tmp_path / f"{temperature}.onnx", strings)), samples)
        for temperature in (2.0, 2.5)
        for strings in [metadata(confidence_temperature=temperature).to_strings()]
    )
    before = list(warm.predictions)
    received = warm.calibrated_by(2.5)
    assert warm.predictions == before
    assert received.model == hot.model
    for own, theirs in zip(received.predictions, hot.predictions, strict=True):
        assert own == theirs._replace(confidence=pytest.approx(theirs.confidence, rel=1e-4))
    assert any(a.confidence != b.confidence for a, b in zip(before, hot.predictions, strict=True))
