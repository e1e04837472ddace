"""The reader form of networks with a free width."""

from functools import cache
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, parser

from ctckit.export.onnx import export_onnx
from ctckit.export.onnx_file import write_facts
from ctckit.export.reader_form import export_reader, to_reader_form
from ctckit.export.reader_functions import FUNCTIONS
from ctckit.export.reader_functions.text import DOMAIN
from ctckit.image.resize import ImageScaler
from ctckit.inference.reader import ImageToWordModel
from ctckit.training.ensemble import ensemble
from tests.export.test_reader_form import example, read, require_equal_pixels, session
from tests.free_width import METADATA, noise, reading_network
from tests.inference import tiny_model

HEIGHT, MAX_WIDTH = 32, 256


@cache
def scaler() -> ort.InferenceSession:
    """Return the function `scale` alone."""
    node = helper.make_node(
        "scale", ["image", "stretch"], ["pixels", "left", "covered"], domain=DOMAIN,
        height=[HEIGHT], max_width=[MAX_WIDTH],
    )  # fmt: skip
    source = helper.make_tensor_value_info("image", TensorProto.UINT8, [None] * 4)
    factor = helper.make_tensor_value_info("stretch", TensorProto.DOUBLE, [])
    target = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [None] * 4)
    model = helper.make_model(
        helper.make_graph([node], "alone", [source, factor], [target]),
        opset_imports=[helper.make_opsetid("", 20), helper.make_opsetid(DOMAIN, 1)],
        functions=[parser.parse_function(text) for text in FUNCTIONS],
        ir_version=9,
    )
    return session(model)


def scale(image: np.ndarray, stretch: float) -> np.ndarray:
    """Return one image (H, W, C) as the function `scale` makes it."""
    inputs = {"image": image[None], "stretch": np.array(stretch)}
    return scaler().run(None, inputs)[0][0]


@pytest.mark.parametrize("stretch", [1.0, 1.1, 2.0, 0.7])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("height", "width"),
    [
        (32, 80),  # unchanged
        (32, 81),  # only filled up
        (64, 160),
        (63, 211),
        (64, 5),  # 2.5 wide: halves to even numbers
        (64, 7),  # 3.5
        (20, 61),
        (13, 37),
        (16, 3),
        (1000, 1),  # at least one column
        (32, 5000),  # squeezed
        (1, 1),
    ],
)
def test_scaling_is_that_of_the_scaler(height, width, channels, stretch):
    image = example("noise", height, width, channels)
    expected, _ = ImageScaler(HEIGHT, stretch, MAX_WIDTH)(image, "")
    # Half of the means of two pixels are halves, of which OpenCV rounds every other one down.
    require_equal_pixels(scale(image, stretch), expected, share=0.3)


def test_every_width_is_that_of_the_scaler():
    """Rounding is Python's, at halves and next to them, whatever the factors."""
    rng = np.random.default_rng(0)
    for _ in range(300):
        height, width = rng.integers(1, 100, 2).tolist()
        stretch = float(rng.choice([1.0, 0.5, 1.1, 1.25, 1.5, 4 / 3]))
        image = np.zeros((height, width, 1), np.uint8)
        expected, _ = ImageScaler(HEIGHT, stretch, MAX_WIDTH)(image, "")
        np.testing.assert_array_equal(scale(image, stretch), expected)


@pytest.fixture(scope="module", params=[1, 3], ids=["one network", "an ensemble of three"])
def folder(request, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    network = ensemble([reading_network(seed) for seed in range(request.param)])
    export_onnx(network, folder / "model.onnx", METADATA)
    export_reader(folder, folder / "model.reader.onnx")
    return folder


SIZES = [(32, 40), (32, 43), (32, 320), (64, 200), (16, 21), (70, 3), (32, 3000)]


@pytest.mark.parametrize("temperature", [1.0, 2.5])
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_both_forms_read_the_same(folder, height, width, temperature):
    for name in ("model.onnx", "model.reader.onnx"):
        write_facts(folder / name, confidence_temperature=temperature)
    pixels = [cv2.resize(image, (width, height)) for image in noise([320] * 3)]
    received, confidences, ids = read(
        onnx.load(folder / "model.reader.onnx"), np.stack(pixels)[..., None]
    )
    model = ImageToWordModel(folder)
    expected = model.read(pixels)
    assert received == [reading.text for reading in expected]
    own = [reading.confidence for reading in expected]
    assert confidences.tolist() == pytest.approx(own, abs=0.01)  # where it grows, pixels differ
    spelled = ["".join(str(i) for i in row if i >= 0) for row in ids]
    assert spelled == received
    assert ids.shape[1] == model.prepare(pixels[0]).shape[1] // 8


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 8, 21, 40])
def test_texts_of_any_length(tmp_path, count):
    text = "".join(np.random.default_rng(count).choice(list("2345"), count))
    tiny_model.write_model(tmp_path / "model.onnx", free_width=True)
    model = onnx.load(export_reader(tmp_path, tmp_path / "model.reader.onnx"))
    images = [tiny_model.draw_stripes(each, 5 * count + 8) for each in (text, text[::-1], "")]
    received, confidences, ids = read(model, np.stack(images)[..., None])
    assert received == [text, text[::-1], ""]
    expected = ImageToWordModel(tmp_path).read(images)
    assert confidences.tolist() == pytest.approx([reading.confidence for reading in expected])
    assert (ids[2] == -1).all() and (ids[0] >= 0).sum() == count


@pytest.mark.parametrize("rotate", ["90", "270", "auto"])
@pytest.mark.parametrize(("height", "width"), [(60, 8), (8, 60), (90, 12)])
def test_both_forms_turn_the_same(tmp_path, rotate, height, width):
    facts = tiny_model.metadata(width=None, rotate=rotate)
    model = tiny_model.write_model(tmp_path / "m.onnx", facts.to_strings(), free_width=True)
    path = export_reader(model, tmp_path / "model.reader.onnx")
    high = [np.rot90(tiny_model.draw_stripes(text, 60), -1) for text in ("2345", "5", "4423")]
    images = np.stack([cv2.resize(image, (width, height)) for image in high])[..., None]
    received, _, _ = read(onnx.load(path), images)
    assert received == [reading.text for reading in ImageToWordModel(model).read(list(images))]
    if (height, width) == (60, 8) and rotate != "90":
        assert received == ["2345", "5", "4423"]


@pytest.mark.parametrize(("stretch", "max_width", "seen"), [(2.0, 2048, 120), (1.0, 40, 40)])
def test_stretch_and_largest_width_are_those_of_the_metadata(tmp_path, stretch, max_width, seen):
    facts = tiny_model.metadata(width=None, stretch=stretch, max_width=max_width)
    path = tiny_model.write_model(tmp_path / "m.onnx", facts.to_strings(), free_width=True)
    image = tiny_model.draw_stripes("23", 60)
    texts, _, ids = read(to_reader_form(onnx.load(path)), image[None, ..., None])
    assert texts == [ImageToWordModel(path).predict(image)]
    assert ids.shape == (1, seen)


def test_the_file_describes_itself(tmp_path):
    tiny_model.write_model(tmp_path / "model.onnx", free_width=True)
    model = onnx.load(export_reader(tmp_path, tmp_path / "reader.onnx"))
    [image] = session(model).get_inputs()
    assert image.shape == ["N", "height", "width", 1]
    outputs = {item.name: item.shape for item in session(model).get_outputs()}
    assert outputs == {
        "text": ["N"],
        "confidence": ["N"],
        **dict.fromkeys(("ids", "starts", "ends"), ["N", "T"]),
    }
    assert not model.functions, "some runtimes know no functions"
    assert {item.domain for item in model.opset_import} <= {"", "ai.onnx"}
