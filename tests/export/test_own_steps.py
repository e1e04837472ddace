"""Images read alike in any company, in Keras and in the file."""

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import onnx
import onnxruntime as ort
import pytest
from keras import layers

from ctckit.export.keras_reader import Reader, keras_reader
from ctckit.export.onnx import export_onnx, random_images, to_onnx
from ctckit.export.own_steps import both_ways_lstms
from ctckit.export.parity import compare
from ctckit.image.widths import own_widths
from ctckit.inference.reader import ImageToWordModel
from ctckit.networks.blocks import columns_as_time, image_mask, narrowed, step_mask
from ctckit.networks.plain import plain_copy
from ctckit.text.greedy import ctc_decoder
from ctckit.training.ensemble import ensemble
from tests.free_width import METADATA, VOCABULARY, in_company, noise, reading_network

pytestmark = pytest.mark.slow

WIDTHS = [40, 8, 160, 96, 24, 320, 96, 16]
IMAGES = noise(WIDTHS)


@pytest.fixture(scope="module", params=[1, 2], ids=["one network", "an ensemble of two"])
def network(request) -> keras.Model:
    return ensemble([reading_network(seed) for seed in range(request.param)])


@pytest.fixture(scope="module")
def exported(network, tmp_path_factory) -> Path:
    return export_onnx(network, tmp_path_factory.mktemp("exported") / "model.onnx", METADATA)


@pytest.fixture(params=["Keras", "the checkpoint", "the file"])
def read(request, network, exported, tmp_path) -> Reader:
    if request.param == "the file":
        return ImageToWordModel(exported).predict_probabilities
    if request.param == "the checkpoint":
        plain_copy(network).save(tmp_path / "model.keras")
        network = keras.models.load_model(tmp_path / "model.keras")
    return keras_reader(network)


def test_an_image_reads_alike_alone_and_in_any_company(read):
    alone = [read(image[None])[0] for image in IMAGES]
    texts = [ctc_decoder(one.reshape(-1, *one.shape[-2:]), VOCABULARY) for one in alone]
    assert len(set(map(tuple, texts))) > 5, "the images must differ"
    rng = np.random.default_rng(1)
    orders = [list(range(8)), list(range(7, -1, -1)), *(rng.permutation(8)[:3] for _ in range(4))]
    for order, further in zip(orders, [0, 64, 0, 8, 400, 0], strict=True):
        together = read(in_company([IMAGES[place] for place in order], further))
        for place, row in zip(order, together, strict=True):
            steps = alone[place].shape[-2]
            np.testing.assert_allclose(row[..., :steps, :], alone[place], atol=1e-5, rtol=0)
            assert (row[..., steps:, :-1] == 0).all() and (row[..., steps:, -1] == 1).all()
            assert ctc_decoder(row.reshape(-1, *row.shape[-2:]), VOCABULARY) == texts[place]


def test_the_file_says_what_keras_says(network, exported):
    batches = [random_images(network, 5), in_company(IMAGES), in_company(IMAGES[1:2], 40)]
    parity = compare(network, ImageToWordModel(exported), batches).require()
    assert parity.images == 14 and parity.largest_difference < 1e-5
    assert len(set(own_widths(batches[0]).tolist())) > 1, "noise of one width proves little"


def test_readings_of_many_are_those_of_one(exported):
    model = ImageToWordModel(exported, num_threads=2)
    images = [image[..., 0] for image in noise(np.random.default_rng(3).integers(5, 200, 40))]
    for reading, image in zip(model.read(images, 4), images, strict=True):
        alone = model.read_one(image)
        assert reading.text == alone.text
        assert reading.confidence == pytest.approx(alone.confidence, abs=1e-5)


def test_recurrence_becomes_lstm_operators_with_own_steps(network, exported):
    model = onnx.load(exported)
    lstms = [node for node in model.graph.node if node.op_type == "LSTM"]
    members = network.output_shape[1] if len(network.output_shape) == 4 else 1
    assert lstms == both_ways_lstms(model.graph) and len(lstms) == members
    assert all(node.input[4] for node in lstms)
    assert not {"Loop", "Scan"} & {node.op_type for node in model.graph.node}
    assert not model.functions and {item.domain for item in model.opset_import} <= {
        "",
        "ai.onnx.ml",
    }
    (image,), (output,) = (
        [[d.dim_value or d.dim_param for d in value.type.tensor_type.shape.dim] for value in values]
        for values in (model.graph.input, model.graph.output)
    )
    assert image == ["N", 32, "W", 1]
    assert output == ["N", *([2] if members == 2 else []), "T", 11]


def test_without_own_steps_the_way_back_would_begin_beyond_the_image(exported):
    """What the numbers of steps are there for: this fails where nothing depends on them."""
    model = onnx.load(exported)
    for node in both_ways_lstms(model.graph):
        node.input[4] = ""
    session = ort.InferenceSession(model.SerializeToString())
    alone, together = (
        session.run(None, {"image": batch.astype(np.float32)})[0]
        for batch in (IMAGES[0][None], in_company(IMAGES))
    )
    assert np.abs(together[0][..., : alone.shape[-2], :] - alone[0]).max() > 1e-3


def test_a_fixed_width_is_exported_without_a_mask():
    fixed = to_onnx(reading_network(width=96), METADATA)
    operators = [node.op_type for node in fixed.graph.node]
    assert not {"Equal", "Not", "Where", "ReduceSum", "Loop"} & set(operators)
    (lstm,) = both_ways_lstms(fixed.graph)
    assert not any(lstm.input[4:])


def test_layers_of_other_strides_have_other_steps(tmp_path):
    """Two LSTMs, the second of half the steps."""
    keras.utils.set_random_seed(0)
    images = layers.Input((32, None, 1), name="image")
    mask = narrowed(image_mask(images), 4)
    x = layers.Conv2D(8, 4, strides=4)(images / 255)
    x = layers.Bidirectional(layers.LSTM(6, return_sequences=True))(
        columns_as_time(x) * 5, mask=step_mask(mask)
    )
    mask = narrowed(mask, 2)
    x = x[:, ::2] * keras.ops.transpose(mask, (0, 2, 1))
    x = layers.Bidirectional(layers.LSTM(6, return_sequences=True))(x, mask=step_mask(mask))
    x = layers.Dense(11, activation="softmax")(x * keras.ops.transpose(mask, (0, 2, 1)))
    network = keras.Model(images, x)
    model = ImageToWordModel(export_onnx(network, tmp_path / "model.onnx", METADATA))
    assert len(both_ways_lstms(onnx.load(model.model_path).graph)) == 2
    assert compare(network, model, [in_company(IMAGES)]).require().largest_difference < 1e-5


def test_what_no_lstm_operator_stands_for_stays_a_loop(tmp_path):
    images = layers.Input((32, None, 1), name="image")
    mask = narrowed(image_mask(images), 8)
    x = columns_as_time(layers.Conv2D(4, 8, strides=8)(images / 255))
    lstm = layers.LSTM(6, return_sequences=True, activation="softsign")
    x = layers.Bidirectional(lstm)(x, mask=step_mask(mask))
    network = keras.Model(images, layers.Dense(11, activation="softmax")(x))
    model = ImageToWordModel(export_onnx(network, tmp_path / "model.onnx", METADATA))
    assert "Loop" in {node.op_type for node in onnx.load(model.model_path).graph.node}
    compare(network, model, [in_company(IMAGES)]).require()


@pytest.mark.slow
def test_a_checkpoint_needs_nothing_of_ctckit(network, tmp_path):
    batch = in_company(IMAGES).astype(np.float32)
    np.save(tmp_path / "batch.npy", batch)
    plain_copy(network).save(tmp_path / "model.keras")
    code = (
        "import sys, keras, numpy\n"
        "network = keras.models.load_model('model.keras')\n"
        "numpy.save('said.npy', network(numpy.load('batch.npy'), training=False))\n"
        "assert not [name for name in sys.modules if name.startswith('ctckit')]\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    expected = np.asarray(network(batch, training=False))
    np.testing.assert_allclose(np.load(tmp_path / "said.npy"), expected, atol=1e-6)
