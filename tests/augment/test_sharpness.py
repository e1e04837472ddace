import cv2
import numpy as np
import pytest
from mltu import augmentors as mltu
from mltu.annotations.images import CVImage

from ctckit.augment.sharpness import RandomBlur, RandomDownscale, RandomSharpen
from tests.augment.pictures import picture, run


def test_sharpen_same_as_mltus(monkeypatch):
    class Generator:
        """Gives the middle of each interval, to us and to mltu."""

        def uniform(self, low, high):
            return (low + high) / 2

    monkeypatch.setattr(np.random, "uniform", Generator().uniform)
    expected = mltu.RandomSharpen().augment(CVImage(picture())).numpy()
    augmentor = RandomSharpen()
    kernel = augmentor.draw(Generator(), picture().shape)
    assert np.abs(augmentor.apply(picture(), kernel).astype(int) - expected).max() <= 1


def test_blur_same_as_opencvs():
    expected = cv2.GaussianBlur(picture(), (0, 0), 0.8)
    assert np.array_equal(RandomBlur().apply(picture(), 0.8), expected)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((50, 200, 1), (25, 100)),
        ((20, 100, 3), (16, 80)),  # no lower than min_height
        ((16, 100, 1), (16, 100)),
        ((8, 300, 1), (8, 300)),
        ((64, 1, 1), (32, 1)),
    ],
)
def test_downscale_by_its_factor_but_not_below_what_can_be_read(shape, expected):
    augmentor = RandomDownscale(scale_range=(0.5, 0.5))
    assert augmentor.draw(np.random.default_rng(0), shape) == expected


def test_downscale_leaves_what_is_low_as_it_is():
    image = picture()[:16]
    assert np.array_equal(run(RandomDownscale(1), image)[0], image)


def test_downscale_loses_detail_and_keeps_the_brightness():
    noise = np.random.default_rng(0).integers(0, 256, (50, 200, 1), np.uint8)
    changed = RandomDownscale().apply(noise, (25, 100))
    assert changed.std() < noise.std() / 2
    assert changed.mean() == pytest.approx(noise.mean(), abs=1)
