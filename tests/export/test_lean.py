"""What the converter leaves is gone from the file, and the numbers are the same."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import onnx
import onnxruntime as ort
import pytest
from keras import layers

from configs import ModelConfigs
from ctckit.export.lean import make_lean
from ctckit.export.onnx import export_onnx, random_images, to_onnx
from ctckit.export.parity import compare
from ctckit.export.reader_form import to_reader_form
from ctckit.inference.metadata import ModelMetadata
from ctckit.inference.session import OnnxInferenceModel
from ctckit.networks.blocks import columns_as_time, image_mask, masked, narrowed, step_mask
from ctckit.networks.forms import PEERS
from ctckit.networks.fused import FusedBatchNormalization
from ctckit.training.ensemble import ensemble
from model import build_network
from tests.free_width import METADATA, VOCABULARY, in_company, noise, reading_network

pytestmark = pytest.mark.slow

FIXED = ModelMetadata(
    vocabulary=VOCABULARY, height=32, width=96, channels=1, keep_aspect_ratio=False
)
# What was in the file of a fixed width only to know how many images there are, to start from zeros,
# to make a tensor product, and to take two directions apart.
WASTE = {
    "Shape",
    "Gather",
    "Expand",
    "Cast",
    "ReduceProd",
    "Slice",
    "Squeeze",
    "Unsqueeze",
    "Concat",
}


def operators(model: onnx.ModelProto) -> Counter:
    return Counter(node.op_type for node in model.graph.node)


def exported(network: keras.Model, folder: Path) -> onnx.ModelProto:
    """Return the file of `network`, which says what Keras says."""
    free = network.input_shape[2] is None
    metadata = replace(METADATA if free else FIXED, channels=network.input_shape[3])
    path = export_onnx(network, folder / "model.onnx", metadata)
    batches = [random_images(network, 5), *([in_company(noise([8, 96, 40]))] if free else [])]
    parity = compare(network, OnnxInferenceModel(path), batches).require()
    assert parity.largest_difference < 1e-5
    return onnx.load(path)


def test_a_fixed_width_needs_what_it_calculates_alone(tmp_path):
    counts = operators(exported(reading_network(width=96), tmp_path))
    assert not WASTE & set(counts)
    assert counts["MatMul"] + counts["Gemm"] <= 2 and counts["LSTM"] == 1
    assert not counts["Mul"], "factors belong into weights"
    assert counts["Add"] <= 5, "of the scaled image, three residuals and the last biases"
    assert counts["Reshape"] <= 3 and counts["Transpose"] <= 3


def test_a_free_width_needs_little_more(tmp_path):
    model = exported(reading_network(), tmp_path)
    counts = operators(model)
    assert not {"Gather", "Expand", "ReduceProd"} & set(counts)
    assert counts["Shape"] == 2, "of the steps and of the width, which LSTMs are told of"
    assert counts["LSTM"] == 1 and counts["Transpose"] <= 3


def test_masks_of_features_are_added_within_convolutions(tmp_path):
    """Features multiplied by a mask leave the layout that onnxruntime convolves in."""
    # Some processors convolve in blocks of 16 channels: those of a small one are no multiple.
    onnx.save(exported(reading_network(size=1), tmp_path), tmp_path / "plain.onnx")
    options = ort.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "optimized.onnx")
    options.log_severity_level = 3
    ort.InferenceSession(str(tmp_path / "plain.onnx"), options, providers=["CPUExecutionProvider"])
    optimized = onnx.load(tmp_path / "optimized.onnx")
    convolutions = [node for node in optimized.graph.node if node.op_type == "Conv"]
    if not any(node.domain == "com.microsoft.nchwc" for node in convolutions):
        pytest.skip("no such layout on this processor")
    counts = operators(optimized)
    assert counts["ReorderInput"] == 0 and counts["ReorderOutput"] <= 1
    assert counts["Relu"] <= 1, "those of features are within convolutions"


def test_the_reader_form_names_the_sizes_of_features(tmp_path):
    """Without them it would be slower than it need be."""
    network = exported(reading_network(), tmp_path)
    features = {f"network/{value.name}" for value in network.graph.value_info}
    assert features
    for value in to_reader_form(network).graph.value_info:
        if value.name in features:
            dims = value.type.tensor_type.shape.dim
            assert all(dim.dim_param or dim.dim_value for dim in dims)
            features.remove(value.name)
    assert not features


def test_an_ensemble_wastes_no_more_than_its_members(tmp_path):
    network = ensemble([reading_network(seed, width=96) for seed in (0, 1)])
    counts = operators(exported(network, tmp_path))
    assert counts["LSTM"] == 2 and counts["Concat"] == 1
    assert not (WASTE - {"Concat"}) & set(counts)


def test_an_ensemble_of_a_free_width(tmp_path):
    network = ensemble([reading_network(seed) for seed in (0, 1)])
    assert operators(exported(network, tmp_path))["LSTM"] == 2


@pytest.mark.slow
@pytest.mark.parametrize("architecture", PEERS)
def test_networks_of_others(architecture, tmp_path):
    channels = PEERS[architecture].channels
    configs = ModelConfigs(
        architecture=architecture, height=32, width=96, channels=channels, vocab=str(VOCABULARY)
    )
    network = build_network(configs)
    network = keras.Model(network.inputs[0], network.outputs[0])
    counts = operators(exported(network, tmp_path))
    assert not {"Shape", "Gather", "Expand", "ReduceProd", "Squeeze"} & set(counts)


def test_a_state_that_is_not_zero_stays(tmp_path):
    """A user's network whose LSTM starts from what a Dense says of the image."""
    images = layers.Input((32, 96, 1), name="image")
    x = layers.Reshape((96, 32))(layers.Rescaling(1 / 255)(images))
    state = layers.Dense(8, activation="tanh")(layers.GlobalAveragePooling1D()(x) * 5)
    x = layers.LSTM(8, return_sequences=True)(x, initial_state=[state, state])
    network = keras.Model(images, layers.Dense(11, activation="softmax")(x))
    (lstm,) = (n for n in exported(network, tmp_path).graph.node if n.op_type == "LSTM")
    assert lstm.input[5] and lstm.input[6]


def test_a_dense_of_one_vector_and_one_of_four_axes(tmp_path):
    images = layers.Input((32, 96, 1), name="image")
    x = layers.Dense(7)(images)  # (B, H, W, 7)
    vector = layers.Dense(5, activation="relu")(layers.Flatten()(x) / 1000)
    vector = layers.BatchNormalization()(vector)
    x = layers.Reshape((96, 32 * 7))(layers.Permute((2, 1, 3))(x)) / 500
    x = layers.Concatenate()([x, layers.RepeatVector(96)(vector)])
    network = keras.Model(images, layers.Dense(11, activation="softmax")(x))
    exported(network, tmp_path)


def test_a_batch_normalisation_is_within_the_product_in_front_of_it(tmp_path):
    keras.utils.set_random_seed(0)
    images = layers.Input((32, 96, 1), name="image")
    x = layers.Reshape((96, 32))(images)
    x = FusedBatchNormalization()(layers.Dense(6, bias_initializer="normal")(x / 100))
    x = layers.Dense(11, activation="softmax")(layers.ReLU()(x))
    network = keras.Model(images, x)
    rng = np.random.default_rng(0)
    for variable in network.weights:
        if "batch" in variable.path:
            variable.assign(rng.uniform(0.5, 1.5, variable.shape))
    counts = operators(exported(network, tmp_path))
    assert counts["Add"] <= 2 and not counts["Mul"]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("padding", ["same", "valid"])
def test_a_factor_of_the_pixels_is_within_the_first_weights(channels, padding, tmp_path):
    """Two convolutions read the rescaled image, and padding is of zeros."""
    keras.utils.set_random_seed(0)
    images = layers.Input((32, 96, channels), name="image")
    x = layers.Rescaling(1 / 127.5, offset=-1)(images)
    x = [layers.Conv2D(4, 3, padding=padding, activation=kind)(x) for kind in ("relu", "tanh")]
    x = columns_as_time(layers.Add()(x))
    network = keras.Model(images, layers.Dense(11, activation="softmax")(x))
    assert not operators(exported(network, tmp_path))["Mul"]


def test_a_factor_that_something_else_needs_stays(tmp_path):
    images = layers.Input((32, 96, 1), name="image")
    x = layers.Rescaling(1 / 127.5, offset=-1)(images)
    x = layers.Conv2D(1, 3, padding="same")(x) + keras.ops.tanh(x)
    network = keras.Model(images, layers.Dense(11, activation="softmax")(columns_as_time(x)))
    assert operators(exported(network, tmp_path))["Mul"] == 1


def test_masks_of_other_activations_stay(tmp_path):
    keras.utils.set_random_seed(0)
    images = layers.Input((32, None, 1), name="image")
    mask = narrowed(image_mask(images), 2)
    x = layers.Conv2D(8, 3, strides=2, padding="same")(images / 255)
    x = masked(layers.LeakyReLU(0.1)(x), mask)
    x = masked(layers.ReLU()(layers.Conv2D(8, 3, padding="same")(x)), mask)
    x = layers.Conv2D(8, 3, strides=2, padding="same")(x)
    x = layers.Bidirectional(layers.LSTM(6, return_sequences=True))(
        columns_as_time(x), mask=step_mask(narrowed(mask, 2))
    )
    x = x * keras.ops.transpose(narrowed(mask, 2), (0, 2, 1))
    network = keras.Model(images, layers.Dense(11, activation="softmax")(x))
    exported(network, tmp_path)


def test_what_is_lean_stays_as_it_is():
    for width in (96, None):
        model = to_onnx(reading_network(width=width), METADATA if width is None else FIXED)
        again = onnx.ModelProto()
        again.CopyFrom(model)
        again.graph.ClearField("value_info")
        make_lean(again)
        assert operators(again) == operators(model)
