from functools import partial

import keras
import numpy as np
import pytest
from keras import layers

from ctckit.image import NO_IMAGE
from ctckit.networks.blocks import (
    blank_beyond,
    column_block,
    columns_as_time,
    conv_block,
    image_mask,
    masked,
    narrowed,
    rescale,
    residual_block,
    step_mask,
)

separable_block = partial(residual_block, separable=True)


@pytest.mark.parametrize("channels", [1, 3])
def test_rescale_is_rescaling(channels):
    images = np.random.default_rng(0).uniform(0, 255, (2, 6, 9, channels)).astype(np.float32)
    inputs = layers.Input(images.shape[1:])
    network = keras.Model(inputs, rescale(inputs, 1 / 127.5, offset=-1))
    np.testing.assert_allclose(network(images), images / 127.5 - 1, atol=1e-6)


@pytest.mark.parametrize("block", [conv_block, residual_block, separable_block])
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


def test_whole_columns_become_steps():
    inputs = layers.Input((3, 4, 5))
    network = keras.Model(inputs, column_block(inputs, 6))
    assert network.output_shape == (None, 4, 6)
    image = np.random.default_rng(0).normal(size=(1, 3, 4, 5)).astype(np.float32)
    changed = image.copy()
    changed[:, :, 2] += 1
    differs = np.abs(network(image) - network(changed)).max(axis=(0, 2)) > 0
    assert differs.tolist() == [False, False, True, False], "each from its own column"


WIDTHS = (16, 40, 24)


@pytest.fixture
def images():
    batch = np.full((3, 8, 48, 1), NO_IMAGE, np.float32)
    for image, width in zip(batch, WIDTHS, strict=True):
        image[:, :width] = np.random.default_rng(width).uniform(0, 255, (8, width, 1))
    return batch


def test_the_mask_is_where_the_images_are(images):
    inputs = layers.Input((8, None, 1))
    mask = image_mask(inputs)
    parts = keras.Model(inputs, [mask, narrowed(mask, 2), step_mask(narrowed(mask, 8))])(images)
    for part, stride in zip(parts, (1, 2, 8), strict=True):
        own = np.asarray(part).reshape(3, 48 // stride).sum(axis=1)
        assert own.tolist() == [width // stride for width in WIDTHS]


def test_images_of_one_width_have_no_mask():
    inputs = layers.Input((8, 48, 1))
    mask = image_mask(inputs)
    assert mask is narrowed(mask, 2) is step_mask(mask) is None
    assert masked(inputs, None) is blank_beyond(inputs, None) is inputs
    assert len(keras.Model(inputs, conv_block(inputs, 4, mask=mask)).layers) == 4


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("block", [conv_block, residual_block, separable_block, column_block])
def test_features_beyond_an_image_are_zero(images, block, training):
    inputs = layers.Input((8, None, 1))
    options = {} if block is column_block else {"strides": 2}
    mask = narrowed(image_mask(inputs), 2 if options else 1)
    network = keras.Model(
        inputs, block(masked(inputs, image_mask(inputs)), 4, mask=mask, **options)
    )
    for weight in network.trainable_weights:  # a shift would leave something there
        weight.assign(weight + 0.1)
    features = np.asarray(network(images, training=training))
    for row, width in zip(features, WIDTHS, strict=True):
        end = width // 2 if options else width
        own, beyond = np.split(row, [end], axis=-2)
        assert (beyond == 0).all() and (own != 0).any()


def test_beyond_an_image_there_is_blank_for_sure():
    probabilities = np.full((2, 3, 4), 0.25, np.float32)
    mask = np.array([[[1, 1, 0]], [[1, 1, 1]]], np.float32)
    first, second = np.asarray(blank_beyond(probabilities, mask))
    np.testing.assert_array_equal(first, [[0.25] * 4, [0.25] * 4, [0, 0, 0, 1]])
    np.testing.assert_array_equal(second, probabilities[1])
