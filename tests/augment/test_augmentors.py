import pickle

import numpy as np
import pytest

from ctckit.augment.cutout import RandomCutout
from ctckit.augment.elastic import RandomElastic, RandomElasticTransform
from ctckit.augment.geometric import (
    RandomAffine,
    RandomRotate,
    RandomScale,
    RandomShear,
    RandomShift,
)
from ctckit.augment.noise import RandomNoise
from ctckit.augment.sharpness import RandomBlur, RandomDownscale, RandomSharpen
from ctckit.augment.stroke import RandomErodeDilate
from ctckit.augment.tone import RandomBrightness, RandomTone
from ctckit.errors import InputError
from tests.augment.pictures import picture, run

ALL = [
    RandomAffine, RandomBlur, RandomBrightness, RandomCutout, RandomDownscale, RandomElastic,
    RandomElasticTransform, RandomErodeDilate, RandomNoise, RandomRotate, RandomScale,
    RandomSharpen, RandomShear, RandomShift, RandomTone,
]  # fmt: skip
each = pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)


@each
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(40, 120), (1, 1), (2, 64), (8, 8), (8, 300)])
def test_shape_dtype_label_and_input_stay(kind, channels, size):
    image = np.resize(picture(channels), (*size, channels))
    image.flags.writeable = False
    before = image.copy()
    for seed in range(5):
        changed, label = run(kind(random_chance=1), image, seed)
        assert changed.shape == image.shape
        assert changed.dtype == np.uint8
        assert label == "text"
    assert np.array_equal(image, before)


@each
@pytest.mark.parametrize("channels", [1, 3])
def test_changes_something_and_only_by_the_generator(kind, channels):
    augmentor, image = kind(random_chance=1), picture(channels)
    state = np.random.get_state()[1].copy()
    first, _ = run(augmentor, image, seed=1)
    assert not np.array_equal(first, image)
    assert np.array_equal(first, run(augmentor, image, seed=1)[0])
    assert any(not np.array_equal(first, run(augmentor, image, seed)[0]) for seed in range(2, 6))
    assert np.array_equal(state, np.random.get_state()[1])


@each
def test_apply_is_a_pure_function_of_image_and_parameters(kind):
    augmentor, image = kind(), picture()
    params = augmentor.draw(np.random.default_rng(0), image.shape)
    assert np.array_equal(augmentor.apply(image, params), augmentor.apply(image, params))


@each
def test_random_chance_is_a_probability(kind):
    image = picture(1)
    changed = sum(run(kind(random_chance=0.3), image, seed)[0] is not image for seed in range(400))
    assert 85 < changed < 155
    assert run(kind(random_chance=0), image)[0] is image


@each
@pytest.mark.parametrize("chance", [-0.1, 1.1, float("nan")])
def test_random_chance_out_of_range(kind, chance):
    with pytest.raises(InputError, match=f"{kind.__name__}: expected random_chance in 0…1"):
        kind(random_chance=chance)


@each
def test_can_be_pickled_for_worker_processes(kind):
    augmentor, image = kind(random_chance=1), picture()
    again = pickle.loads(pickle.dumps(augmentor))
    assert np.array_equal(run(augmentor, image)[0], run(again, image)[0])


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        (RandomAffine, {"rotate_degrees": -1}, "rotate_degrees in 0…180, received -1"),
        (RandomAffine, {"shift_range": (0.1,)}, "shift_range as two parts in 0…1"),
        (RandomAffine, {"shift_range": (-0.1, 0.1)}, "shift_range as two parts in 0…1"),
        (RandomAffine, {"scale_range": (1.1, 0.9)}, r"scale_range as \(low, high\)"),
        (RandomAffine, {"scale_range": (0, 1)}, "at least 0.01"),
        (RandomAffine, {"max_cut": -0.1}, "max_cut of at least 0, or None, received -0.1"),
        (RandomAffine, {"shear_range": (1, -1)}, r"shear_range as \(low, high\), received"),
        (RandomBlur, {"sigma_range": (0, 1)}, "sigma_range .* at least 0.01"),
        (RandomBrightness, {"delta": 256}, "delta in 0…255, received 256"),
        (RandomCutout, {"size_range": (0.3, 0.1)}, r"size_range as \(low, high\)"),
        (RandomCutout, {"size_range": (0.1, 1.1)}, "size_range .* at least 0, at most 1"),
        (RandomCutout, {"max_patches": 0}, "max_patches of at least 1"),
        (RandomDownscale, {"scale_range": (0, 1)}, "scale_range .* at least 0.01, at most 1"),
        (RandomDownscale, {"scale_range": (0.5, 2)}, "scale_range .* at most 1"),
        (RandomDownscale, {"min_height": 0}, "min_height of at least 1"),
        (RandomElastic, {"amount_range": (-0.1, 0.1)}, "amount_range .* at least 0, at most 1"),
        (RandomElastic, {"amount_range": (0.1,)}, r"amount_range as \(low, high\)"),
        (RandomElastic, {"cells": 0}, "cells of at least 1"),
        (RandomElasticTransform, {"smoothness": 0}, "smoothness of at least 1"),
        (RandomElasticTransform, {"strength_range": (-1, 1)}, "strength_range .* at least 0"),
        (RandomErodeDilate, {"kernel_size": (1, 1)}, r"kernel_size of at least \(1, 2\)"),
        (RandomErodeDilate, {"kernel_size": (0, 3)}, "kernel_size of at least"),
        (RandomErodeDilate, {"amount_range": (0.5, 1.5)}, "amount_range .* at most 1"),
        (RandomNoise, {"sigma_range": (-1, 1)}, "sigma_range .* at least 0"),
        (RandomRotate, {"angle": 181}, "angle in 0…180"),
        (RandomScale, {"scale_range": (1, float("inf"))}, "scale_range"),
        (RandomSharpen, {"alpha": 2}, "alpha in 0…1"),
        (RandomSharpen, {"lightness_range": (-1, 1)}, "lightness_range"),
        (RandomShear, {"shear_range": (0, 1, 2)}, "shear_range"),
        (RandomShift, {"shift_range": (2, 0)}, "shift_range"),
        (RandomTone, {"gamma_range": (0, 1)}, "gamma_range .* at least 0.1"),
        (RandomTone, {"contrast_range": (-1, 1)}, "contrast_range .* at least 0"),
        (RandomTone, {"brightness_range": (0, 300)}, "brightness_range .* at most 255"),
        (RandomTone, {"invert_chance": 1.5}, "invert_chance in 0…1"),
    ],
)
def test_arguments_out_of_range(kind, arguments, message):
    with pytest.raises(InputError, match=f"{kind.__name__}: expected .*{message}"):
        kind(**arguments)
