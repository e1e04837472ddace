import json
import re
from pathlib import Path

import numpy as np
import pytest

from ctckit.data.samples import Sample
from ctckit.errors import InputError
from ctckit.evaluation import one_pass
from ctckit.evaluation.leniency import Leniency
from ctckit.evaluation.one_pass import evaluate
from ctckit.image.decode import ImageReader
from ctckit.inference.reader import ImageToWordModel
from tests.drawing import write_image
from tests.inference.tiny_model import draw_stripes, write_image_in, write_model


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


@pytest.fixture
def hundred(tmp_path):
    """Draw 100 images, the 40th of them cut."""
    samples = []
    for index in range(100):
        text = f"{index:04}".translate(str.maketrans("0123456789", "2345234523"))
        samples.append(Sample(str(write_image_in(tmp_path, f"{index:02}.png", text)), text))
    cut = Path(samples[40].image)
    cut.write_bytes(cut.read_bytes()[:60])
    return samples


@pytest.mark.parametrize(("checked", "part"), [(False, 512), (True, 512), (True, 16), (True, 1)])
def test_an_image_that_cannot_be_read_is_named_and_the_others_judged(
    hundred, tmp_path, monkeypatch, checked, part
):
    monkeypatch.setattr(one_pass, "IMAGES_BETWEEN_CHECKS", part)
    model = ImageToWordModel(write_model(tmp_path / "model.onnx"), num_threads=2)
    checks = [Spy([0.0])] if checked else []
    evaluation = evaluate(model, hundred, 8, checks=checks, skip_unreadable=True)
    good = hundred[:40] + hundred[41:]
    assert [(p.image, p.label) for p in evaluation.predictions] == good
    assert (evaluation.errors.texts, evaluation.errors.wrong_texts) == (99, 0)
    ((image, label, reason),) = evaluation.unreadable
    assert (image, label) == hundred[40] and reason and image not in reason
    assert evaluation.figures()["unreadable"][0]["image"] == image
    for spy in checks:
        assert [row[:2] for row in spy.seen] == [(p.image, p.text) for p in evaluation.predictions]


def test_an_image_that_cannot_be_read_is_refused_if_nothing_else_is_said(hundred, tmp_path):
    model = ImageToWordModel(write_model(tmp_path / "model.onnx"))
    with pytest.raises(InputError, match="cannot read .*40.png"):
        evaluate(model, hundred)
    with pytest.raises(InputError, match="some images that can be read, received 1 of which none"):
        evaluate(model, hundred[40:41], skip_unreadable=True)


def test_case_may_not_count(tmp_path):
    model = ImageToWordModel(write_model(tmp_path / "m.onnx", {}), vocab="abcd")
    sample = Sample(str(write_image_in(tmp_path, "a.png", "234")), "aBC")
    strict, lenient = (
        evaluate(model, [sample], leniency=leniency)
        for leniency in (None, Leniency(ignore_case=True))
    )
    assert [e.predictions[0].text for e in (strict, lenient)] == ["abc", "abc"]
    assert [e.predictions[0].edits for e in (strict, lenient)] == [2, 0]
    assert [e.cer for e in (strict, lenient)] == [2 / 3, 0]


def test_evaluation_knows_the_model(tmp_path):
    model = ImageToWordModel(write_model(tmp_path / "model.onnx"))
    image = write_image_in(tmp_path, "a.png", "2")
    facts = evaluate(model, [Sample(str(image), "2")]).model
    assert (facts["dataset"], facts["vocabulary"]) == ("stripes", list("2345"))
    assert json.loads(json.dumps(facts)) == facts


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

    def slowly(*arguments, **options):
        for chunk in chunks(*arguments, **options):
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


@pytest.mark.parametrize("part", [3, 100])
def test_images_of_several_widths_come_in_the_order_of_the_samples(tmp_path, monkeypatch, part):
    monkeypatch.setattr(one_pass, "IMAGES_BETWEEN_CHECKS", part)
    path = write_model(tmp_path / "model.onnx", free_width=True)
    model = ImageToWordModel(path, num_threads=2)
    texts = ["2345234", "2", "234", "", "23452345", "55", "4"]
    samples = []
    for number, text in enumerate(texts):
        image = write_image(tmp_path / f"{number}.png", draw_stripes(text, 5 * len(text) + 3))
        samples.append(Sample(str(image), text))
    samples.insert(2, Sample("gone.png", "2"))
    for checks in ([], [Spy([0.0])]):
        evaluation = evaluate(model, samples, 2, checks=checks, skip_unreadable=True)
        assert [prediction.text for prediction in evaluation.predictions] == texts
        assert [prediction.label for prediction in evaluation.predictions] == texts
        assert [left_out.image for left_out in evaluation.unreadable] == ["gone.png"]
        assert evaluation.cer == 0
    assert sorted(image for image, _, _ in checks[0].seen) == sorted(
        sample.image for sample in samples if sample.image != "gone.png"
    )
