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
