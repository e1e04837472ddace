import logging

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper

from ctckit.data.samples import Sample
from ctckit.errors import InputError
from ctckit.evaluation.one_pass import evaluate
from ctckit.export.onnx import to_onnx
from ctckit.export.reader_form import to_reader_form
from ctckit.export.smaller import (
    AccuracyError,
    Comparison,
    SmallerCheck,
    export_smaller,
    to_float16,
    to_int8,
)
from ctckit.inference.reader import ImageToWordModel
from tests.free_width import METADATA, in_company, noise, reading_network
from tests.inference import tiny_model
from tests.inference.tiny_model import HEIGHT, WIDTH

SHRINKERS = [to_float16, to_int8, lambda network: to_float16(to_int8(network))]


@pytest.fixture(scope="module")
def network() -> onnx.ModelProto:
    """Make a convolution, an LSTM and a dense layer with random weights, 5 classes."""
    rng = np.random.default_rng(0)
    hidden, features = 64, 32
    shapes = {
        "kernel": (features, 1, HEIGHT, 3),
        "input_weights": (1, 4 * hidden, features),
        "recurrent_weights": (1, 4 * hidden, hidden),
        "dense": (hidden, 5),
    }
    weights = {
        name: rng.normal(0, 1 / np.sqrt(np.prod(shape[1:])), shape).astype(np.float32)
        for name, shape in shapes.items()
    }
    weights["dense"] *= 8
    weights["scale"] = np.float32(1 / 64)
    nodes = [
        helper.make_node("Mul", ["image", "scale"], ["small"]),
        helper.make_node("Transpose", ["small"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["planes", "kernel"], ["features"], pads=[0, 1, 0, 1]),
        helper.make_node("Squeeze", ["features", "rows"], ["columns"]),
        helper.make_node("Transpose", ["columns"], ["steps"], perm=[2, 0, 1]),
        helper.make_node(
            "LSTM",
            ["steps", "input_weights", "recurrent_weights"],
            ["states"],
            hidden_size=hidden,
        ),
        helper.make_node("Squeeze", ["states", "directions"], ["sequence"]),
        helper.make_node("Transpose", ["sequence"], ["samples"], perm=[1, 0, 2]),
        helper.make_node("MatMul", ["samples", "dense"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["probabilities"]),
    ]
    axes = {"rows": np.array([2]), "directions": np.array([1])}
    graph = helper.make_graph(
        nodes,
        "random",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", HEIGHT, WIDTH, 1])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["N", WIDTH, 5])],
        [numpy_helper.from_array(value, name) for name, value in (weights | axes).items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, tiny_model.metadata().to_strings())
    onnx.checker.check_model(model, full_check=True)
    return model


def run(model: onnx.ModelProto, images: np.ndarray) -> np.ndarray:
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: images})[0]


def properties(model: onnx.ModelProto) -> dict[str, str]:
    return {item.key: item.value for item in model.metadata_props}


@pytest.mark.parametrize(
    ("shrink", "size"), [(SHRINKERS[0], 0.55), (SHRINKERS[1], 0.45), (SHRINKERS[2], 0.4)]
)
def test_smaller_and_nearly_the_same(network, shrink, size):
    before = network.SerializeToString()
    smaller = shrink(network)
    assert network.SerializeToString() == before
    assert smaller.ByteSize() <= size * network.ByteSize()
    assert list(smaller.graph.input) == list(network.graph.input)
    assert list(smaller.graph.output) == list(network.graph.output)
    assert properties(smaller) == properties(network)
    images = np.random.default_rng(1).uniform(0, 255, (20, HEIGHT, WIDTH, 1)).astype(np.float32)
    expected, received = run(network, images), run(smaller, images)
    assert expected.std() > 0.05, "a network that says the same of every image proves nothing"
    bound = 0.005 if shrink is to_float16 else 0.1
    assert 0 < np.abs(received - expected).max() < bound


def test_float16_keeps_what_does_not_fit(network):
    large = onnx.ModelProto()
    large.CopyFrom(network)
    tensor = next(item for item in large.graph.initializer if item.name == "kernel")
    weights = numpy_helper.to_array(tensor).copy()
    weights[0, 0, 0, 0] = 70_000
    tensor.CopyFrom(numpy_helper.from_array(weights, "kernel"))
    types = {item.name: item.data_type for item in to_float16(large).graph.initializer}
    assert types["kernel"] == types["scale"] == TensorProto.FLOAT
    assert types["dense_float16"] == TensorProto.FLOAT16


def test_int8_leaves_convolutions(network, caplog):
    handlers = list(logging.getLogger().handlers)
    operators = {node.op_type for node in to_int8(network).graph.node}
    assert {"Conv", "DynamicQuantizeLSTM"} <= operators
    assert any("Integer" in name for name in operators)
    assert not {"LSTM", "MatMul", "ConvInteger"} & operators
    assert not caplog.records
    assert logging.getLogger().handlers == handlers


@pytest.mark.parametrize("shrink", SHRINKERS)
def test_the_reader_form_of_a_smaller_file(network, shrink, tmp_path):
    smaller = shrink(network)
    onnx.save(smaller, str(tmp_path / "model.onnx"))
    images = np.random.default_rng(2).integers(0, 256, (10, HEIGHT, WIDTH, 1), np.uint8)
    texts = run(to_reader_form(smaller), images).tolist()
    # int8 takes its ranges from the whole batch: with one thread all images are one.
    reader = ImageToWordModel(tmp_path, num_threads=1)
    assert texts == [reading.text for reading in reader.read(list(images))]
    assert len(set(texts)) > 1


@pytest.fixture(scope="module")
def free() -> onnx.ModelProto:
    return to_onnx(reading_network(), METADATA)


@pytest.mark.parametrize("shrink", SHRINKERS)
def test_a_smaller_file_with_a_free_width(free, shrink, tmp_path):
    smaller = shrink(free)
    assert smaller.ByteSize() < 0.9 * free.ByteSize()
    assert properties(smaller) == properties(free)
    assert list(smaller.graph.input) == list(free.graph.input)
    images = noise([40, 8, 160, 96])
    batch = in_company(images, 16).astype(np.float32)
    expected, received = run(free, batch), run(smaller, batch)
    assert 0 < np.abs(received - expected).max() < (0.005 if shrink is to_float16 else 0.3)
    for image, row in zip(images, received, strict=True):
        steps = image.shape[1] // 8
        assert (row[steps:, -1] == 1).all()
        alone = run(smaller, image[None].astype(np.float32))[0]
        # int8 takes its ranges from the whole batch.
        bound = 1e-5 if shrink is to_float16 else 0.3
        np.testing.assert_allclose(row[:steps], alone, atol=bound, rtol=0)
    lstms = [node for node in smaller.graph.node if node.op_type.endswith("LSTM")]
    assert lstms and all(node.input[4] for node in lstms)
    onnx.save(smaller, str(tmp_path / "model.onnx"))
    texts = run(to_reader_form(smaller), images[2][None]).tolist()
    assert texts == [ImageToWordModel(tmp_path).predict(images[2])]


# The guard


def compare_texts(before, after, samples) -> Comparison:
    check = SmallerCheck(after)
    evaluate(ImageToWordModel(before), samples, checks=[check])
    return check.comparison


@pytest.fixture
def run_folder(tmp_path):
    """Return a model that reads stripes without error, and 10 images, 3 of them with a 5."""
    texts = ["22", "23", "24", "32", "33", "34", "42", "25", "53", "5"]
    folder = tiny_model.write_run(tmp_path / "run", [(text, text) for text in texts])
    samples = [Sample(str(folder / "images" / f"{i}.png"), text) for i, text in enumerate(texts)]
    return folder, samples


def blind_for_5(network: onnx.ModelProto) -> onnx.ModelProto:
    """Return the network with the class of "5" made unlikely."""
    smaller = onnx.ModelProto()
    smaller.CopyFrom(network)
    tensor = next(item for item in smaller.graph.initializer if item.name == "offset")
    offsets = numpy_helper.to_array(tensor).copy()
    offsets[3] -= 1000
    tensor.CopyFrom(numpy_helper.from_array(offsets, "offset"))
    return smaller


def test_a_good_file_is_written(run_folder, tmp_path):
    folder, samples = run_folder
    comparison = export_smaller(folder, tmp_path / "new" / "small.onnx", samples, max_growth=0)
    assert comparison == Comparison(10, 0, 0, 0)
    assert compare_texts(folder, tmp_path / "new" / "small.onnx", samples) == comparison


def test_a_bad_file_is_refused(run_folder, tmp_path):
    folder, samples = run_folder
    path = tmp_path / "small.onnx"
    path.write_bytes(b"an earlier file")
    with pytest.raises(AccuracyError, match=r"at most 29.00%, received 30.00% \(0 .* 3 .* of 10\)"):
        export_smaller(folder, path, samples, shrink=blind_for_5, max_growth=0.29)
    assert path.read_bytes() == b"an earlier file"
    assert not list(tmp_path.glob(".*"))


def test_the_bound_is_the_callers(run_folder, tmp_path):
    folder, samples = run_folder
    path = tmp_path / "small.onnx"
    comparison = export_smaller(folder, path, samples, shrink=blind_for_5, max_growth=0.3)
    assert comparison == Comparison(10, 0, 3, 3)
    assert path.is_file()


def test_a_better_file_passes(run_folder, tmp_path):
    folder, samples = run_folder
    onnx.save(blind_for_5(onnx.load(folder / "model.onnx")), str(tmp_path / "worse.onnx"))
    comparison = compare_texts(tmp_path / "worse.onnx", folder, samples)
    assert comparison == Comparison(10, 3, 0, 3)
    assert comparison.require(0).growth == -0.3


def test_no_images(run_folder, tmp_path):
    folder, _ = run_folder
    with pytest.raises(InputError, match="at least one labelled image"):
        export_smaller(folder, tmp_path / "small.onnx", [])
    assert not (tmp_path / "small.onnx").exists()
