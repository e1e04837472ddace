import io
import json
from collections import Counter
from dataclasses import replace
from zipfile import ZipFile

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from keras import layers

from configs import ModelConfigs
from ctckit.errors import InputError
from ctckit.export.keras_reader import keras_reader
from ctckit.export.onnx import random_images
from ctckit.export.tflite import FACTS_FILE, to_tflite
from ctckit.image.widths import NO_IMAGE
from ctckit.inference.metadata import ModelMetadata
from ctckit.networks.forms import PEERS
from ctckit.training.ensemble import ensemble
from model import build_network
from tests.export.test_onnx import Backwards
from tests.free_width import HEIGHT, METADATA, VOCABULARY, in_company, noise, reading_network

FIXED = replace(METADATA, width=96)


def facts_in(content: bytes) -> dict:
    with ZipFile(io.BytesIO(content)) as archive:
        return json.loads(archive.read(FACTS_FILE))


def runs_of(content: bytes) -> dict:
    interpreter = Interpreter(model_content=content, num_threads=1)
    names = interpreter.get_signature_list()
    return {name: interpreter.get_signature_runner(name) for name in names}


def agree(network: keras.Model, run, images: np.ndarray, atol: float = 2e-5) -> None:
    """Compare, one image after the other, as each finds what the one before has left."""
    expected = keras_reader(network)(images)
    assert expected.std() > 0.01, "a network that says the same of every image proves nothing"
    for image, row in zip(images.astype(np.float32), expected, strict=True):
        received = run(image=image[None])["probabilities"]
        np.testing.assert_allclose(received[0], row, atol=atol, rtol=0)


@pytest.fixture(scope="module")
def free() -> tuple[keras.Model, bytes]:
    network = reading_network()
    return network, to_tflite(network, METADATA, (128, 64, 64))


def test_every_width_is_a_signature(free):
    _, content = free
    runs = runs_of(content)
    assert runs.keys() == {"w64", "w128"}
    for width in (64, 128):
        image = runs[f"w{width}"].get_input_details()["image"]
        output = runs[f"w{width}"].get_output_details()["probabilities"]
        assert (image["shape"].tolist(), image["dtype"]) == ([1, HEIGHT, width, 1], np.float32)
        assert output["shape"].tolist() == [1, width // 8, VOCABULARY.num_classes]


def test_weights_are_shared(free):
    network, content = free
    assert len(content) < 4 * network.count_params() + 50_000


def test_only_built_in_operators_and_one_for_each_direction(free):
    _, content = free
    interpreter = Interpreter(model_content=content)
    operators = Counter(item["op_name"] for item in interpreter._get_ops_details())
    assert operators["UNIDIRECTIONAL_SEQUENCE_LSTM"] == 2
    assert not [name for name in operators if "Flex" in name or name in ("WHILE", "CUSTOM")]


@pytest.mark.parametrize("width", [64, 128])
def test_an_image_says_the_same_filled_up(free, width):
    """Its own width is 8 … `width`; what lies beyond is no image, and changes nothing."""
    network, content = free
    run, read = runs_of(content)[f"w{width}"], keras_reader(network)
    for image in noise([width, 8, width - 8, 40, width]):
        own = image.shape[1]
        batch = in_company([image], width - own).astype(np.float32)
        received = run(image=batch)["probabilities"][0]
        np.testing.assert_allclose(received[: own // 8], read(image[None])[0], atol=1e-5, rtol=0)
        assert (received[own // 8 :, -1] == 1).all() and not received[own // 8 :, :-1].any()


def test_it_says_what_one_needs_to_know(free):
    _, content = free
    facts = facts_in(content)
    assert facts["widths"] == [64, 128] and facts["max_width"] == 128 and facts["width"] is None
    assert (facts["form"], facts["padding"], facts["no_image"]) == ("tflite", 255, NO_IMAGE)
    assert facts["vocabulary"] == list(VOCABULARY) and facts["blank_id"] == VOCABULARY.blank_id
    assert {"height", "channels", "color_order", "keep_aspect_ratio", "stretch"} <= facts.keys()


@pytest.mark.parametrize(
    "architecture", ["crnn", *(pytest.param(name, marks=pytest.mark.slow) for name in PEERS)]
)
def test_networks_of_a_fixed_width(architecture):
    configs = ModelConfigs(
        architecture=architecture, height=HEIGHT, width=96, channels=1, vocab=str(VOCABULARY)
    )
    network = build_network(configs)
    classes = network.get_layer("probabilities")
    classes.set_weights([10 * classes.kernel, classes.bias])
    network = keras.Model(network.inputs[0], network.outputs[0])
    content = to_tflite(network, FIXED)
    assert facts_in(content)["widths"] == [96]
    agree(network, runs_of(content)["w96"], random_images(network, 4))


@pytest.mark.slow
def test_several_models():
    network = ensemble([reading_network(seed, width=64) for seed in (0, 1)])
    content = to_tflite(network, replace(METADATA, width=64))
    agree(network, runs_of(content)["w64"], random_images(network, 3))


def of_sequence(*stack: layers.Layer, steps: int = 12) -> keras.Model:
    images = layers.Input((HEIGHT, 96, 1), name="image")
    x = layers.Rescaling(1 / 128, -1)(layers.Reshape((steps, -1))(images))
    for layer in stack:
        x = layer(x)
    return keras.Model(images, layers.Dense(VOCABULARY.num_classes, activation="softmax")(x))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stack", "reason"),
    [
        ([layers.LSTM(8, return_sequences=True, go_backwards=True)], "one direction"),
        ([layers.LSTM(8, return_sequences=True, activation="relu")], "none of LiteRT's"),
        ([layers.Bidirectional(layers.GRU(8, return_sequences=True))], "has no operator"),
        ([layers.Bidirectional(layers.LSTM(8, return_sequences=True), "sum")], "added"),
        ([layers.LSTM(8), layers.RepeatVector(12)], "the last step only"),
    ],
)
def test_layers_of_other_kinds(stack, reason):
    network = of_sequence(*stack)
    network.layers[-1].set_weights([10 * weight for weight in network.layers[-1].get_weights()])
    agree(network, runs_of(to_tflite(network, FIXED))["w96"], random_images(network, 3))


def test_states_grow_beyond_what_the_converter_allows():
    """The converter limits them to ±10: of a counter of 96 steps, nothing would be left of 96."""
    network = of_sequence(layers.LSTM(4, return_sequences=True), steps=96)
    lstm = network.layers[-2]
    kernel, recurrent, bias = (np.zeros_like(weight) for weight in lstm.get_weights())
    bias[:8], bias[12:] = 50, 50  # all gates open
    kernel[0, 8:12] = 5  # counts what is bright, and back what is dark
    lstm.set_weights([kernel, recurrent, bias])
    network.layers[-1].set_weights([3 * weight for weight in network.layers[-1].get_weights()])
    images = np.zeros((2, HEIGHT, 96, 1))
    images.reshape(2, 96, HEIGHT)[:, :50, 0] = 255  # 50 up and 46 down
    agree(network, runs_of(to_tflite(network, FIXED))["w96"], images)


@pytest.mark.parametrize(
    ("width", "widths", "message"),
    [
        (None, (), "widths: expected multiples of 8 from 8 to 2048, received none"),
        (None, (100,), "expected multiples of 8 from 8 to 2048, received 100"),
        (None, (64, 0), "received 64, 0"),
        (None, (-8,), "received -8"),
        (None, (4096,), "received 4096"),
        (96, (64,), "widths: expected none, as the network takes images of width 96 only"),
    ],
)
def test_widths_that_cannot_be(width, widths, message):
    metadata: ModelMetadata = replace(METADATA, width=width)
    with pytest.raises(InputError, match=message):
        to_tflite(None, metadata, widths)


@pytest.mark.slow
def test_what_litert_cannot_do_is_told_in_one_line(capfd):
    images = layers.Input((HEIGHT, 96, 1), name="image")
    x = layers.Lambda(lambda x: keras.ops.linalg.svd(x[..., 0], compute_uv=False))(images)
    network = keras.Model(images, layers.Reshape((HEIGHT, 1))(x))
    with pytest.raises(InputError, match="expected a network in operators that LiteRT has"):
        to_tflite(network, FIXED)
    assert not "".join(capfd.readouterr())


@pytest.mark.slow
def test_a_layer_of_a_user_stays_what_it_is():
    network = of_sequence(Backwards(8, return_sequences=True))
    agree(network, runs_of(to_tflite(network, FIXED))["w96"], random_images(network, 3))
