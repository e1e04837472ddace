import platform
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from ctckit.networks.fused import FusedBatchNormalization, FusedLSTM

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


LENGTHS = np.array([7, 3, 5])
MASK = np.arange(7) < LENGTHS[:, None]


def both_ways_masked(kind):
    inputs, mask = layers.Input((None, 5)), layers.Input((None,), dtype="bool")
    one_way = kind(4, return_sequences=True)
    return keras.Model([inputs, mask], layers.Bidirectional(one_way)(inputs, mask=mask))


def test_a_masked_lstm_computes_what_keras_computes_and_has_its_gradients():
    ours, theirs = both_ways_masked(FusedLSTM), both_ways_masked(layers.LSTM)
    theirs.set_weights(ours.get_weights())
    found = []
    for network in (ours, theirs):
        with tf.GradientTape() as tape:
            outputs = network([SEQUENCES, MASK], training=True) * MASK[..., None]
            loss = tf.reduce_sum(outputs**2)
        found.append((outputs, tape.gradient(loss, network.trainable_variables)))
    (outputs, gradients), (expected, expected_gradients) = found
    np.testing.assert_allclose(outputs, expected, atol=1e-6)
    for gradient, other in zip(gradients, expected_gradients, strict=True):
        np.testing.assert_allclose(gradient, other, atol=1e-5)


def test_a_masked_lstm_reads_each_sequence_as_if_it_were_alone():
    network = both_ways_masked(FusedLSTM)
    together = network([SEQUENCES, MASK], training=True)
    for row, length in enumerate(LENGTHS):
        alone = network(
            [SEQUENCES[row : row + 1, :length], MASK[row : row + 1, :length]], training=True
        )
        np.testing.assert_allclose(together[row, :length], alone[0], atol=1e-6)


def test_masked_statistics_are_those_of_what_is_not_masked():
    images = np.random.default_rng(0).normal(3, 2, (2, 4, 6, 5)).astype(np.float32)
    mask = np.ones((2, 1, 6), np.float32)
    mask[1, :, 4:] = 0
    layer, alone = FusedBatchNormalization(), FusedBatchNormalization()
    outputs = layer(images, training=True, mask=mask)
    own = np.concatenate([images[0].reshape(-1, 5), images[1, :, :4].reshape(-1, 5)])
    expected = alone(own[:, None, None], training=True)
    np.testing.assert_allclose(layer.moving_mean, alone.moving_mean, atol=1e-5)
    np.testing.assert_allclose(layer.moving_variance, alone.moving_variance, atol=1e-4)
    np.testing.assert_allclose(
        np.asarray(outputs[0]).reshape(-1, 5), np.asarray(expected)[:24, 0, 0], atol=1e-4
    )


def test_masked_statistics_are_summed_in_32_bits():
    images = np.random.default_rng(0).normal(3, 2, (8, 20, 40, 5)).astype(np.float32)
    layer = FusedBatchNormalization(dtype="mixed_bfloat16")
    outputs = layer(tf.cast(images, tf.bfloat16), training=True, mask=np.ones((8, 1, 40)))
    assert outputs.dtype == tf.bfloat16
    mean = images.mean(axis=(0, 1, 2)) * 0.1  # one step of momentum 0.9 from 0
    np.testing.assert_allclose(layer.moving_mean, mean, rtol=2e-3)


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


# TensorFlow tells glibc to give freed memory back; training keeps it.
COUNT_PAGE_FAULTS = """
import resource
import tensorflow as tf
from ctckit.networks import keep_freed_memory

BLOCK = 64 << 20  # bytes: larger than any that glibc keeps by itself

def page_faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        b"x" * BLOCK
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

signature = tf.TensorSpec((), tf.int32)
list(tf.data.Dataset.from_generator(lambda: [0], output_signature=signature))
before = page_faults()
keep_freed_memory()
page_faults()  # the first block is asked for
print(before, page_faults())
"""


@pytest.mark.slow
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="not glibc")
def test_freed_memory_is_used_again_instead_of_asked_for_anew():
    run = subprocess.run(
        [sys.executable, "-c", COUNT_PAGE_FAULTS], capture_output=True, text=True, check=True
    )
    before, after = map(int, run.stdout.split()[-2:])
    assert before > 250  # of 10 blocks of 64 MiB, even were the pages as large as 2 MiB
    assert after < before / 10
