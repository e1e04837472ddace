import cv2
import numpy as np
import pytest
from mltu import augmentors as mltu
from mltu.annotations.images import CVImage

from ctckit.augment.tone import RandomBrightness, RandomTone, Tone
from tests.augment.pictures import picture

LEVELS = np.array([[[40], [100], [120], [140]]], np.uint8)  # mean 100, deviation 37


@pytest.mark.parametrize("factor", [0.61, 1.0, 1.39])
def test_brightness_same_as_mltus_but_for_rounding(factor):
    """mltu cuts fractions off, in saturation and value each; we round."""
    noise = np.random.default_rng(0).integers(0, 256, (50, 200, 3), np.uint8)
    for image in (picture(), noise):
        expected = mltu.RandomBrightness().augment(CVImage(image), factor).numpy()
        difference = RandomBrightness().apply(image, factor) - expected.astype(int)
        assert np.abs(difference).max() <= (0 if factor == 1 else 2)


def test_brightness_keeps_the_hue_and_multiplies_saturation_and_value():
    color = np.array([[[60, 80, 100]]], np.uint8)  # value 100, saturation 0.4
    assert RandomBrightness().apply(color, 1.5).tolist() == [[[60, 105, 150]]]
    assert RandomBrightness().apply(color, 0.5).tolist() == [[[40, 45, 50]]]


def test_brightness_of_grey_is_multiplied_and_rounded():
    grey = np.array([[[0], [100], [101], [200]]], np.uint8)
    assert RandomBrightness().apply(grey, 1.5).ravel().tolist() == [0, 150, 152, 255]
    assert RandomBrightness().apply(grey, 0.66).ravel().tolist() == [0, 66, 67, 132]


@pytest.mark.parametrize("factor", [0.61, 0.997, 1.0, 1.39])
def test_brightness_of_grey_in_three_channels_is_what_the_way_through_hsv_gives(factor):
    grey = np.repeat(np.arange(256, dtype=np.uint8).reshape(16, 16, 1), 3, axis=2)
    assert np.array_equal(RandomBrightness().apply(grey, factor), _through_hsv(grey, factor))
    almost = np.minimum(grey, 254) + np.array((0, 0, 1), np.uint8)
    assert np.array_equal(RandomBrightness().apply(almost, factor), _through_hsv(almost, factor))


def _through_hsv(image, factor):
    hue, saturation, value = cv2.split(cv2.cvtColor(image, cv2.COLOR_BGR2HSV))
    scaled = [cv2.convertScaleAbs(channel, alpha=factor) for channel in (saturation, value)]
    return cv2.cvtColor(cv2.merge([hue, *scaled]), cv2.COLOR_HSV2BGR)


@pytest.mark.parametrize(
    ("tone", "expected"),
    [
        (Tone(), [40, 100, 120, 140]),
        (Tone(brightness=20), [60, 120, 140, 160]),
        (Tone(contrast=1.5), [10, 100, 130, 160]),  # the mean stays
        (Tone(contrast=0.5, brightness=-10), [60, 90, 100, 110]),
        (Tone(contrast=0), [100] * 4),
        (Tone(gamma=2), [6, 39, 56, 77]),  # 255 (level / 255)²
        (Tone(inverted=True), [215, 155, 135, 115]),
        (Tone(brightness=20, inverted=True), [195, 135, 115, 95]),
    ],
)
def test_tone_is_gamma_then_contrast_then_brightness_then_inversion(tone, expected):
    assert RandomTone().apply(LEVELS, tone).ravel().tolist() == expected
    three = np.repeat(LEVELS, 3, axis=2)
    assert np.array_equal(RandomTone().apply(three, tone), np.repeat([expected], 3, 0).T[None])


@pytest.mark.parametrize("brightness", [-200, 200])
@pytest.mark.parametrize("ground", [10, 245])
def test_brightness_leaves_a_text_on_a_ground_that_is_almost_the_same(ground, brightness):
    image = np.full((20, 40, 1), ground, np.uint8)
    image[5:15, 10:20] = ground + 6 * (1 if ground < 128 else -1)
    assert np.ptp(RandomTone().apply(image, Tone(brightness=brightness))) >= 5


def test_tone_draws_within_its_ranges_and_gamma_by_its_logarithm():
    augmentor = RandomTone(gamma_range=(0.5, 2.0), invert_chance=0.3)
    rng = np.random.default_rng(0)
    drawn = np.array([augmentor.draw(rng, (50, 200, 1)) for _ in range(2000)], float)
    assert drawn[:, :3].min(axis=0) == pytest.approx([0.5, 0.6, -40], abs=0.2)
    assert drawn[:, :3].max(axis=0) == pytest.approx([2.0, 1.4, 40], abs=0.2)
    assert np.median(drawn[:, 0]) == pytest.approx(1, abs=0.05)
    assert drawn[:, 3].mean() == pytest.approx(0.3, abs=0.04)
