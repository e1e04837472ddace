import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import onnx
import onnxruntime
import pytest
from keras import layers

from configs import ModelConfigs
from ctckit.export.onnx import export_onnx, random_images
from ctckit.export.parity import compare
from ctckit.inference.metadata import ModelMetadata
from ctckit.inference.session import OnnxInferenceModel
from ctckit.networks.forms import PEERS
from ctckit.networks.fused import FusedLSTM
from ctckit.networks.plain import plain_copy
from ctckit.text.vocabulary import Vocabulary
from ctckit.training.ensemble import ensemble
from model import build_network
from tests.inference.tiny_model import write_model

ROOT = Path(__file__).parents[2]
VOCABULARY = Vocabulary("0123456789")
METADATA = ModelMetadata(
    vocabulary=VOCABULARY,
    height=32,
    width=96,
    channels=1,
    keep_aspect_ratio=False,
    val_CER=0.01,
    val_WER=0.05,
    extra={"architecture": "crnn"},
)


@pytest.fixture(
    scope="module",
    params=["crnn", *(pytest.param(name, marks=pytest.mark.slow) for name in PEERS)],
)
def network(request) -> keras.Model:
    configs = ModelConfigs(
        architecture=request.param, height=32, width=96, channels=1, vocab=str(VOCABULARY)
    )
    network = build_network(configs)
    classes = network.get_layer("probabilities")
    classes.set_weights([10 * classes.kernel, classes.bias])  # as sure as one that was trained
    return keras.Model(network.inputs[0], network.outputs[0])


@pytest.fixture(scope="module")
def exported(network, tmp_path_factory) -> Path:
    return export_onnx(network, tmp_path_factory.mktemp("exported") / "model.onnx", METADATA)


def test_every_network_keeps_its_probabilities(network, exported):
    parity = compare(network, OnnxInferenceModel(exported), [random_images(network, 8)])
    assert parity.passed and parity.images == 8
    assert parity.largest_difference < 2e-5


def test_mltu_style_code_reads_the_file(network, exported):
    """`session.run(None, {name: batch})[0]`, any batch size, rows that sum to 1."""
    session = onnxruntime.InferenceSession(str(exported))
    (image,) = session.get_inputs()
    assert (image.name, image.type, image.shape) == ("image", "tensor(float)", ["N", 32, 96, 1])
    output = session.get_outputs()[0]
    assert output.name == "probabilities" and output.shape[0] == "N"
    for count in (1, 3):
        probabilities = session.run(None, {image.name: random_images(network, count)})[0]
        assert probabilities.shape == (count, *network.output_shape[1:])
        np.testing.assert_allclose(probabilities.sum(-1), 1, atol=1e-5)


def test_metadata_is_json(exported):
    facts = {item.key: json.loads(item.value) for item in onnx.load(exported).metadata_props}
    assert facts["vocabulary"] == list("0123456789")
    assert facts["blank_id"] == 10 and facts["schema_version"] == 1
    assert facts["val_CER"] == 0.01 and facts["architecture"] == "crnn"
    assert {"height", "width", "channels", "color_order", "keep_aspect_ratio",
            "ctckit_version", "dataset", "val_WER"} <= set(facts)  # fmt: skip


def test_recurrence_becomes_one_lstm_operator(exported):
    """A loop of small operators would be many times slower."""
    operators = {node.op_type for node in onnx.load(exported).graph.node}
    assert "LSTM" in operators and not operators & {"Loop", "Scan"}


def test_the_file_passes_the_onnx_checker(exported):
    onnx.checker.check_model(str(exported), full_check=True)


def test_export_does_not_depend_on_cudnn():
    images = layers.Input((8, 4))
    outputs = layers.Bidirectional(layers.LSTM(3, return_sequences=True, use_cudnn=True))(images)
    outputs = layers.LSTM(3, return_sequences=True, use_cudnn=True)(outputs)
    network = keras.Model(images, outputs)
    plain = plain_copy(network)
    both, single = plain.layers[1:]
    assert not both.forward_layer.use_cudnn and not both.backward_layer.use_cudnn
    assert not single.use_cudnn
    for ours, theirs in zip(plain.get_weights(), network.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_failed_export_leaves_the_old_file(tmp_path, network):
    path = tmp_path / "model.onnx"
    path.write_bytes(b"old")
    two_outputs = keras.Model(network.inputs[0], [network.outputs[0], network.outputs[0]])
    with pytest.raises(Exception):  # noqa: B017  whatever the converter raises
        export_onnx(two_outputs, path, METADATA)
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["model.onnx"]


def test_members_of_an_ensemble_use_no_cudnn_either():
    def member():
        images = layers.Input((8, 4))
        return keras.Model(
            images, layers.Bidirectional(FusedLSTM(3, return_sequences=True))(images)
        )

    for inner in plain_copy(ensemble([member(), member()])).layers:
        if isinstance(inner, keras.Model):
            both = inner.layers[-1]
            assert type(both.forward_layer) is layers.LSTM
            assert not both.forward_layer.use_cudnn and not both.backward_layer.use_cudnn


@keras.saving.register_keras_serializable("tests")
class Doubled(layers.Dense):
    """A user's layer that extends one of Keras."""

    def call(self, inputs):
        return 2 * super().call(inputs)


@keras.saving.register_keras_serializable("tests")
class Backwards(FusedLSTM):
    """A user's layer that extends one of ours."""

    def call(self, sequences, initial_state=None, mask=None, training=False):
        return super().call(sequences[:, ::-1], initial_state, mask, training)


@keras.saving.register_keras_serializable("tests")
class Shifted(layers.Layer):
    """A user's layer whose configuration holds its own argument alone."""

    def __init__(self, by: float) -> None:
        super().__init__()
        self.by = by

    def call(self, inputs):
        return inputs + self.by

    def get_config(self):
        return {"by": self.by}


@keras.saving.register_keras_serializable("tests")
class OneWay(layers.Bidirectional):
    """A user's wrapper that extends one of Keras."""

    def call(self, sequences, initial_state=None, mask=None, training=None):
        return -super().call(sequences, initial_state, mask, training)


@pytest.mark.slow
def test_layers_of_a_user_are_exported_as_they_are(tmp_path):
    images = layers.Input((32, 96, 1), name="image")
    x = layers.Reshape((96, 32))(images)
    x = Shifted(by=-100.0)(x)
    x = Backwards(8, return_sequences=True)(x)
    x = OneWay(layers.LSTM(4, return_sequences=True))(x)
    x = Doubled(VOCABULARY.num_classes)(x)
    network = keras.Model(images, layers.Softmax()(x))
    kinds = [type(layer) for layer in plain_copy(network).layers]
    assert kinds[2:6] == [Shifted, Backwards, OneWay, Doubled]
    path = export_onnx(network, tmp_path / "model.onnx", METADATA)
    compare(network, OnnxInferenceModel(path), [random_images(network, 8)]).require()


def test_the_reader_form_of_a_file_is_made_without_tensorflow(tmp_path):
    source, path = write_model(tmp_path / "model.onnx"), tmp_path / "model.reader.onnx"
    code = (
        "import sys\n"
        "from ctckit.export import export_reader, write_facts\n"
        "from ctckit.inference import OnnxInferenceModel\n"
        f"write_facts({str(source)!r}, confidence_temperature=1.5)\n"
        f"export_reader({str(source)!r}, {str(path)!r})\n"
        "print(*sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert "onnx" in loaded and path.is_file()
    assert not loaded & {"tensorflow", "keras", "tf2onnx"}
