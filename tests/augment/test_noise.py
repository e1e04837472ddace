import numpy as np
import pytest

from ctckit.augment.noise import RandomNoise
from tests.augment.pictures import run


def test_noise_has_its_sigma_and_no_bias():
    grey = np.full((100, 100, 1), 128, np.uint8)
    changed, _ = run(RandomNoise(1, sigma_range=(10, 10)), grey)
    assert changed.std() == pytest.approx(10, abs=0.5)
    assert changed.mean() == pytest.approx(128, abs=0.5)


def test_noise_is_another_one_for_every_pixel_and_channel():
    noise = RandomNoise().draw(np.random.default_rng(0), (100, 100, 3))
    assert np.abs(np.corrcoef(noise.reshape(-1, 3).T) - np.eye(3)).max() < 0.05
    assert abs(np.corrcoef(noise[:, 1:].ravel(), noise[:, :-1].ravel())[0, 1]) < 0.05
