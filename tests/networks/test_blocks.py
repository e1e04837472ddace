import keras
import numpy as np
import pytest
from keras import layers

from ctckit.networks.blocks import columns_as_time, conv_block, rescale, residual_block


@pytest.mark.parametrize("channels", [1, 3])
def test_rescale_is_rescaling(channels):
    images = np.random.default_rng(0).uniform(0, 255, (2, 6, 9, channels)).astype(np.float32)
    inputs = layers.Input(images.shape[1:])
    network = keras.Model(inputs, rescale(inputs, 1 / 127.5, offset=-1))
    np.testing.assert_allclose(network(images), images / 127.5 - 1, atol=1e-6)


@pytest.mark.parametrize("block", [conv_block, residual_block])
@pytest.mark.parametrize(
    ("strides", "size"), [(1, (9, 14)), (2, (5, 7)), ((2, 1), (5, 14)), ((1, 2), (9, 7))]
)
def test_strides_divide_height_and_width(block, strides, size):
    images = layers.Input((9, 14, 3))
    assert block(images, 8, strides=strides).shape == (None, *size, 8)


def test_columns_become_steps_from_left_to_right():
    images = np.arange(2 * 3 * 4 * 5, dtype=np.float32).reshape(2, 3, 4, 5)
    inputs = layers.Input(images.shape[1:])
    steps = np.asarray(keras.Model(inputs, columns_as_time(inputs))(images))
    assert steps.shape == (2, 4, 15)
    for column in range(4):
        assert sorted(steps[1, column]) == sorted(images[1, :, column].ravel())
