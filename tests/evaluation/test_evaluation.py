import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest

from ctckit.data.samples import Sample
from ctckit.errors import InputError
from ctckit.evaluation import one_pass
from ctckit.evaluation.confidence import expected_calibration_error
from ctckit.evaluation.evaluation import Evaluation, Prediction
from ctckit.evaluation.one_pass import evaluate
from ctckit.image.decode import ImageReader
from ctckit.inference.reader import ImageToWordModel
from ctckit.text.calibration import calibrated, fit_temperature
from tests.inference.tiny_model import metadata, write_image_in, write_model


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


class Spy:
    """A check that keeps what it is shown, and takes its time."""

    def __init__(self, clock: list[float]) -> None:
        self.clock = clock
        self.seen: list[tuple[str, str, np.ndarray]] = []

    def add(self, samples, chunk):
        self.clock[0] += 1000
        rows = zip(samples, chunk.readings, chunk.pixels, chunk.batch, strict=True)
        for sample, reading, pixels, _ in rows:
            self.seen.append((sample.image, reading.text, pixels))


@pytest.mark.parametrize("part", [1, 3, 7, 100])
def test_checks_see_every_sample_once_in_order_and_their_time_does_not_count(
    tmp_path, monkeypatch, part
):
    clock = [0.0]
    model = ImageToWordModel(write_model(tmp_path / "model.onnx"), num_threads=2)
    texts = ["2", "22", "23", "234", "5", "52", "2345"]
    samples = [Sample(str(write_image_in(tmp_path, f"{text}.png", text)), "2") for text in texts]
    slow, chunks = [], model.chunks

    def slowly(*arguments):
        for chunk in chunks(*arguments):
            clock[0] += 1
            slow.append(chunk)
            yield chunk

    monkeypatch.setattr(model, "chunks", slowly)
    monkeypatch.setattr(one_pass, "perf_counter", lambda: clock[0])
    monkeypatch.setattr(one_pass, "IMAGES_BETWEEN_CHECKS", part)
    spies = [Spy(clock), Spy(clock)]
    evaluation = evaluate(model, samples, batch_size=2, checks=spies)
    assert evaluation.seconds == len(slow) < 1000
    assert [(p.image, p.text) for p in evaluation.predictions] == [
        (sample.image, text) for sample, text in zip(samples, texts, strict=True)
    ]
    for spy in spies:
        assert [row[:2] for row in spy.seen] == [(p.image, p.text) for p in evaluation.predictions]
        for image, _, pixels in spy.seen:
            assert (pixels == ImageReader(channels=1)(image, "")[0]).all()
    assert evaluate(model, samples).predictions == [
        p._replace(confidence=pytest.approx(p.confidence)) for p in evaluation.predictions
    ]


def test_pixels_of_the_worst_are_kept_and_those_of_others_read_again(tmp_path, monkeypatch):
    monkeypatch.setattr(one_pass, "NUM_WORST", 2)
    model = ImageToWordModel(write_model(tmp_path / "model.onnx"))
    samples = [Sample(str(write_image_in(tmp_path, f"{text}.png", text)), "2")
               for text in ("2", "2345", "22")]  # fmt: skip
    evaluation = evaluate(model, samples, batch_size=1)
    right, worst, second = evaluation.predictions
    expected = [ImageReader(channels=3)(sample.image, "")[0] for sample in samples]
    assert list(evaluation.worst_pixels) == [worst.image, second.image]
    for one, pixels in zip(evaluation.predictions, expected, strict=True):
        np.testing.assert_array_equal(evaluation.pixels(one), pixels)
    for sample in samples:
        Path(sample.image).unlink()
    for one, pixels in ((worst, expected[1]), (second, expected[2])):
        np.testing.assert_array_equal(evaluation.pixels(one), pixels)
    with pytest.raises(InputError, match=re.escape(right.image)):
        evaluation.pixels(right)


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
