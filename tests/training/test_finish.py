"""What is done after training: one pass over the validation images, and its files."""

import json
import re
from collections import Counter
from pathlib import Path

import cv2
import keras
import onnx
import onnxruntime as ort
import pytest
from onnx import numpy_helper

from ctckit.data.label_steps import LabelIndexer, LabelPadding
from ctckit.data.samples import Sample
from ctckit.evaluation.one_pass import evaluate
from ctckit.export.onnx import export_onnx
from ctckit.export.parity import ExportError
from ctckit.export.smaller import SHRINKERS
from ctckit.image import decode
from ctckit.image.decode import ImageReader
from ctckit.image.steps import steps_to
from ctckit.image.widths import AROUND, SEVERAL
from ctckit.inference.metadata import ModelMetadata
from ctckit.inference.reader import ImageToWordModel
from ctckit.log import LOGGER
from ctckit.run_folder import RunFolder
from ctckit.training.finish import finish_run
from ctckit.training.provider import DataProvider
from tests import free_width
from tests.drawing import write_image
from tests.training.networks import HEIGHT, VOCABULARY, WIDTH, drawn_providers, small_network

METADATA = ModelMetadata(
    vocabulary=VOCABULARY, height=HEIGHT, width=WIDTH, channels=1, keep_aspect_ratio=False
)
HISTORIES = [[{"seconds": 1.5}, {"seconds": 2.5}], [{"seconds": 3.0}]]
NUM_VAL = 56  # more than the page shows


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> tuple[Path, DataProvider, DataProvider]:
    """A run folder with a network that reads without error: the labels are what it reads."""
    folder = tmp_path_factory.mktemp("finish")
    keras.utils.set_random_seed(1)
    network = small_network(heads=1)
    for layer in network.layers[-2:]:  # so that it tells the images apart, untrained as it is
        layer.set_weights([8 * weights for weights in layer.get_weights()])
    run = RunFolder(folder / "run")
    run.path.mkdir()
    network.save(run.checkpoint)
    export_onnx(network, run.onnx, METADATA)
    val, train = drawn_providers(folder / "drawn", count=NUM_VAL * 5 // 4, augment=False)
    images = [sample.image for sample in val.samples]
    readings = ImageToWordModel(run.onnx).read(images)
    own = [Sample(image, reading.text) for image, reading in zip(images, readings, strict=True)]
    assert len(own) == NUM_VAL and len({sample.label for sample in own}) > 10
    return run.path, train, val.with_(dataset=own)


@pytest.fixture
def run(trained, tmp_path) -> RunFolder:
    run = RunFolder(tmp_path / "run")
    run.path.mkdir()
    for name in (run.checkpoint.name, run.onnx.name):
        (run.path / name).write_bytes((trained[0] / name).read_bytes())
    return run


def test_each_image_is_decoded_once_and_each_file_sees_it_once(trained, run, monkeypatch):
    _, train, val = trained
    decoded, seen = Counter(), Counter()
    read_bytes, infer = decode.read_bytes, ort.InferenceSession.run

    def counted_read(address):
        decoded[str(address)] += 1
        return read_bytes(address)

    def counted_run(session, names, feeds, *options):
        (batch,) = feeds.values()
        seen[Path(session._model_path).name] += len(batch)
        return infer(session, names, feeds, *options)

    monkeypatch.setattr(decode, "read_bytes", counted_read)
    monkeypatch.setattr(ort.InferenceSession, "run", counted_run)
    finish_run(run, train, val, HISTORIES, quantize="float16")
    images = [sample.image for sample in val.samples]
    assert [decoded[image] for image in images] == [1] * NUM_VAL
    assert seen == dict.fromkeys(("model.onnx", "model.reader.onnx", run.smaller("float16").name),
                                 NUM_VAL)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("quantize", [None, "float16"])
def test_figures_and_files(trained, run, quantize):
    _, train, val = trained
    result = finish_run(run, train, val, HISTORIES, quantize=quantize)
    assert json.loads(json.dumps(result)) == result
    assert result.pop("keras_onnx_difference") <= 1e-4
    smaller = str(run.smaller(quantize)) if quantize else None
    assert result == {
        "models": 2, "epochs": 3, "fit_seconds": 5.5, "validation_images": NUM_VAL,
        "val_CER": 0.0, "val_WER": 0.0, "onnx": str(run.onnx), "quantized": smaller,
    }  # fmt: skip
    figures = json.loads(run.evaluation.figures.read_text("utf-8"))
    assert figures["misread"] == 0
    temperature = ImageToWordModel(run.onnx).metadata.confidence_temperature
    assert figures["model"]["confidence_temperature"] == temperature
    if smaller:
        assert ImageToWordModel(smaller).metadata.confidence_temperature == temperature
    for picture in (run.evaluation.picture, run.training_samples):
        assert cv2.imread(str(picture)).ndim == 3
    assert run.evaluation.page.is_file() and run.reader.is_file() and run.card.is_file()
    expected = ImageToWordModel(run.onnx).read_one(val.samples[0].image)
    pixels, _ = ImageReader(channels=1)(val.samples[0].image, "")
    texts, confidences = ort.InferenceSession(run.reader).run(
        ["text", "confidence"], {"image": pixels[None]}
    )
    assert texts[0] == expected.text
    assert confidences[0] == pytest.approx(expected.confidence, abs=1e-3)


@pytest.mark.slow
def test_a_smaller_file_that_reads_worse_is_removed_with_a_warning(
    trained, run, monkeypatch, caplog
):
    def spoilt(network: onnx.ModelProto) -> onnx.ModelProto:
        """Turn the weights of the last layer around, which makes the least likely class first."""
        other = onnx.ModelProto()
        other.CopyFrom(network)
        *_, last = (
            tensor for tensor in other.graph.initializer
            if list(tensor.dims) == [16, VOCABULARY.num_classes]
        )  # fmt: skip
        last.CopyFrom(numpy_helper.from_array(-numpy_helper.to_array(last), last.name))
        return other

    monkeypatch.setitem(SHRINKERS, "int8", spoilt)
    monkeypatch.setattr(LOGGER, "propagate", True)
    _, train, val = trained
    result = finish_run(run, train, val, HISTORIES, quantize="int8")
    assert result["quantized"] is None and result["val_WER"] == 0
    assert not run.smaller("int8").exists()
    (warning,) = {record.getMessage() for record in caplog.records if record.levelname == "WARNING"}
    assert warning.startswith("no int8 file: expected the share of texts misread to grow")


@pytest.mark.slow
def test_a_file_that_says_something_else_than_keras_is_an_error(trained, run):
    _, train, val = trained
    keras.utils.set_random_seed(2)
    small_network(heads=1).save(run.checkpoint)
    with pytest.raises(ExportError, match="expected the ONNX file to agree with Keras"):
        finish_run(run, train, val, HISTORIES)
    assert run.evaluation.predictions.exists(), "nothing is lost"


@pytest.fixture
def free_run(tmp_path) -> tuple[RunFolder, DataProvider]:
    """A run of images of their own widths, and the images, with labels that nothing reads."""
    run = RunFolder(tmp_path / "free")
    run.path.mkdir()
    network = free_width.reading_network()
    network.save(run.checkpoint)
    export_onnx(network, run.onnx, free_width.METADATA)
    samples = []
    for place, image in enumerate(free_width.noise([40, 64, 72, 96, 120, 160, 200, 240])):
        path = tmp_path / f"{place}.png"
        samples.append(Sample(str(write_image(path, image)), "0"))
    steps = [*steps_to(free_width.METADATA), LabelIndexer(free_width.VOCABULARY)]
    steps.append(LabelPadding(max_word_length=99, padding_value=free_width.VOCABULARY.padding_id))
    return run, DataProvider(samples, steps, batch_size=4, free_width=True)


@pytest.mark.parametrize(
    ("read_at", "are_few", "kept"),
    [
        ((1.0,), False, (1.0,)),
        (AROUND, False, AROUND),
        ((9.0,), False, (1.0,)),
        ((1.0,), True, (1.0,)),
        (AROUND, True, AROUND),
        ((9.0,), True, AROUND),
    ],
    ids=str,
)
def test_images_are_read_at_several_widths_where_that_reads_more(
    free_run, caplog, monkeypatch, read_at, are_few, kept
):
    """The labels are what is read at some widths."""
    monkeypatch.setattr(LOGGER, "propagate", True)
    monkeypatch.setattr("ctckit.training.finish.FEW", 16 if are_few else 15)  # of 8 and 8
    caplog.set_level("INFO", logger=LOGGER.name)
    run, data = free_run
    images = [sample.image for sample in data.samples]
    texts = [one.text for one in ImageToWordModel(run.onnx, reading_widths=read_at).read(images)]
    data = data.with_(dataset=[*map(Sample, images, texts)])
    for _ in range(2):  # a run that is finished again
        result = finish_run(run, data, data, HISTORIES[1:], quantize="float16")
    for file in (run.onnx, run.smaller("float16")):
        assert ImageToWordModel(file).reading_widths == kept
    form = onnx.load(str(run.reader)).metadata_props
    assert {item.key: item.value for item in form}["reading_widths"] == "[1.0]"
    said = re.search(r"3 widths, whose readings vote: ([\d.]+) %.* at one ([\d.]+) %", caplog.text)
    assert bool(said) == (kept == AROUND)
    assert not said or float(said[1]) < float(said[2]) + are_few
    assert (result["val_WER"] == 0) == (read_at == kept)
    again = evaluate(ImageToWordModel(run.onnx), data.samples)
    assert (again.wer, again.cer) == (result["val_WER"], result["val_CER"])
    assert ImageToWordModel(run.onnx).metadata.val_WER == result["val_WER"]
    figures = json.loads(run.evaluation.figures.read_text("utf-8"))
    assert figures["model"]["reading_widths"] == [*kept]


def test_a_base_votes_whatever_was_measured(free_run):
    run, data = free_run
    run.drawing.touch()
    images = [sample.image for sample in data.samples]
    texts = [one.text for one in ImageToWordModel(run.onnx).read(images)]
    result = finish_run(run, data, data.with_(dataset=[*map(Sample, images, texts)]), HISTORIES)
    assert result["val_WER"] == 0 and ImageToWordModel(run.onnx).reading_widths == SEVERAL
