import numpy as np
import pytest

from ctckit.augment.cutout import Patch, RandomCutout
from tests.augment.pictures import picture


@pytest.mark.parametrize("channels", [1, 3])
def test_a_patch_is_from_its_first_to_its_last_pixel(channels):
    image = np.full((10, 20, channels), 200, np.uint8)
    patches = [Patch(2, 3, 5, 4, level=7), Patch(18, -2, 30, 0, level=9)]
    expected = image.copy()
    expected[3:5, 2:6], expected[:1, 18:] = 7, 9
    assert np.array_equal(RandomCutout().apply(image, patches), expected)


def test_the_last_of_two_patches_is_on_top():
    patches = [Patch(0, 0, 9, 9, level=7), Patch(5, 5, 9, 9, level=250)]
    assert RandomCutout().apply(picture(1), patches)[9, 9] == 250


def test_draws_number_sides_and_levels_within_their_ranges():
    augmentor, rng = RandomCutout(size_range=(0.1, 0.2), max_patches=4), np.random.default_rng(0)
    drawn = [augmentor.draw(rng, (50, 200, 3)) for _ in range(500)]
    assert {len(patches) for patches in drawn} == {1, 2, 3, 4}
    patches = np.array([patch for patches in drawn for patch in patches])
    left, top, right, bottom, level = patches.T
    assert set(right - left + 1) == set(bottom - top + 1) == set(range(5, 11))
    assert (level.min(), level.max()) == pytest.approx((0, 255), abs=3)
    middle = (left + right + 1) // 2
    assert (middle.min(), middle.max()) == pytest.approx((0, 199), abs=3)


def test_a_patch_has_one_pixel_at_least():
    (patch,) = RandomCutout(max_patches=1).draw(np.random.default_rng(0), (1, 30, 1))
    assert (patch.left, patch.top) == (patch.right, patch.bottom)
