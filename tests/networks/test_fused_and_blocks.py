import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from ctckit.networks.blocks import rescale
from ctckit.networks.fused import FusedBatchNormalization, FusedLSTM
from ctckit.networks.plain import plain_copy

SEQUENCES = np.random.default_rng(0).normal(size=(3, 7, 5)).astype(np.float32)


def both_ways(kind, dtype="float32"):
    inputs = layers.Input((7, 5), dtype="float32")
    one_way = kind(4, return_sequences=True, dtype=dtype)
    return keras.Model(inputs, layers.Bidirectional(one_way, dtype=dtype)(inputs))


@pytest.fixture
def ours():
    return both_ways(FusedLSTM)


@pytest.fixture
def theirs(ours):
    network = both_ways(layers.LSTM)
    network.set_weights(ours.get_weights())
    return network


@pytest.mark.parametrize("training", [False, True])
def test_lstm_computes_what_keras_computes(ours, theirs, training):
    expected = theirs(SEQUENCES, training=training)
    np.testing.assert_allclose(ours(SEQUENCES, training=training), expected, atol=1e-6)


def test_lstm_has_the_gradients_of_keras(ours, theirs):
    def gradients(network):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(network(SEQUENCES, training=True) ** 3)
        return tape.gradient(loss, [variable.value for variable in network.trainable_variables])

    for a, b in zip(gradients(ours), gradients(theirs), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16", "mixed_float16"])
def test_lstm_trains_with_the_fused_operation_in_any_precision(theirs, dtype, monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    ours = both_ways(FusedLSTM, dtype)
    ours.set_weights(theirs.get_weights())

    @tf.function
    def run(sequences):
        outputs = ours(sequences, training=True)
        weights = [variable.value for variable in ours.trainable_variables]
        return outputs, tf.gradients(tf.cast(outputs, tf.float32) ** 2, weights)

    with tf.GradientTape() as tape:
        expected = theirs(SEQUENCES)
        weights = [variable.value for variable in theirs.trainable_variables]
        loss = tf.reduce_sum(expected**2)
    outputs, gradients = run(SEQUENCES)
    assert outputs.dtype == ours.layers[-1].compute_dtype
    step = {"float32": 1e-6, "mixed_bfloat16": 2**-8, "mixed_float16": 2**-11}[dtype]  # at 1
    np.testing.assert_allclose(tf.cast(outputs, tf.float32), expected, atol=2 * step)
    for a, b in zip(gradients, tape.gradient(loss, weights), strict=True):
        assert a.dtype == tf.float32
        np.testing.assert_allclose(a, b, atol=8 * step * np.abs(b).max())
    operations = run.get_concrete_function(SEQUENCES).graph.get_operations()
    assert sum(operation.type == "BlockLSTM" for operation in operations) == 2


def test_a_plain_copy_is_made_of_layers_of_keras_only(ours, tmp_path):
    plain = plain_copy(ours)
    kinds = {type(plain.layers[1].forward_layer), type(plain.layers[1].backward_layer)}
    assert kinds == {layers.LSTM}
    np.testing.assert_allclose(plain(SEQUENCES), ours(SEQUENCES), atol=1e-6)
    plain.save(tmp_path / "plain.keras")
    assert "ctckit" not in plain.to_json()


@pytest.mark.parametrize("channels", [1, 3])
def test_rescale_is_rescaling(channels):
    images = np.random.default_rng(0).uniform(0, 255, (2, 6, 9, channels)).astype(np.float32)
    inputs = layers.Input(images.shape[1:])
    network = keras.Model(inputs, rescale(inputs, 1 / 127.5, offset=-1))
    np.testing.assert_allclose(network(images), images / 127.5 - 1, atol=1e-6)


@pytest.mark.parametrize("shape", [(6, 5, 4, 3), (6, 5, 3)])
def test_batch_normalization_computes_what_keras_computes(shape):
    rng = np.random.default_rng(0)
    x = tf.constant(rng.normal(2, 3, shape), tf.float32)
    gamma, beta = rng.uniform(0.5, 2, (2, 3))

    def run(layer):
        layer.build(shape)
        layer.gamma.assign(gamma)
        layer.beta.assign(beta)
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = layer(x, training=True)
            loss = tf.reduce_sum(outputs**3)
        gradients = tape.gradient(loss, [x, layer.gamma.value, layer.beta.value])
        return [outputs, *gradients, layer.moving_mean, layer.moving_variance, layer(x)]

    ours, theirs = run(FusedBatchNormalization()), run(layers.BatchNormalization(momentum=0.9))
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)
