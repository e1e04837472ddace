import cv2
import numpy as np
import pytest

from ctckit.augment.defaults import default_augmentors
from ctckit.augment.geometric import Affine, RandomAffine, RandomRotate, RandomShift, warp
from tests.augment.pictures import picture, run


def test_warp_moves_as_documented():
    image = np.full((21, 41, 1), 255, np.uint8)
    image[10, 20] = 0

    def where(**changes):
        row, column = np.argwhere(warp(image, Affine(**changes)) < 128)[0][:2]
        return int(row), int(column)

    assert np.array_equal(warp(image, Affine())[..., None], image)
    assert where(shift=(4 / 41, 0)) == (10, 24)
    assert where(shift=(0, 2 / 21)) == (12, 20)
    corner = np.full((21, 41, 1), 255, np.uint8)
    corner[:4, :] = 0
    slanted = warp(corner, Affine(degrees=10))
    assert (slanted[:, 0] < 128).sum() < (slanted[:, -1] < 128).sum()  # clockwise


@pytest.mark.parametrize("channels", [1, 3])
def test_warp_is_rotation_then_stretch_then_shift_about_the_centre(channels):
    affine, image = Affine((1.1, 0.9), 0.12, 7.0, (0.03, -0.05)), picture(channels)
    height, width = image.shape[:2]
    angle = np.deg2rad(affine.degrees)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = np.array([[1.1, 0.12], [0, 0.9]]) @ rotation
    centre = np.array([width / 2, height / 2])
    offset = centre - linear @ centre + np.array([0.03 * width, -0.05 * height])
    expected = cv2.warpAffine(
        image, np.column_stack([linear, offset]), (width, height), borderMode=cv2.BORDER_REPLICATE
    )
    assert np.array_equal(warp(image, affine), expected)


def test_what_comes_in_from_outside_repeats_the_border():
    white = np.full((20, 40, 3), 255, np.uint8)
    for augmentor in (RandomAffine(1), RandomRotate(1, angle=45), RandomShift(1, (0.5, 0.5))):
        assert run(augmentor, white)[0].min() == 255


def test_affine_draws_within_its_ranges():
    augmentor, rng = RandomAffine(), np.random.default_rng(0)
    drawn = np.array(
        [np.hstack(augmentor.draw(rng, (50, 200, 1))) for _ in range(2000)]
    )  # scale x, scale y, shear, degrees, shift x, shift y
    high = np.array([1.08, 1.08, 0.15, 3, 0.04, 0.06])
    low = np.array([0.92, 0.92, -0.15, -3, -0.04, -0.06])
    assert (drawn >= low).all()
    assert (drawn <= high).all()
    assert np.allclose(drawn.min(axis=0), low, atol=(high - low).max() / 50)
    assert (np.abs(np.corrcoef(drawn.T) - np.eye(6)) < 0.1).all()  # independent of each other


@pytest.mark.parametrize("width", [200, 1200])
@pytest.mark.parametrize("max_cut", [0.0, 0.25])
def test_affine_cuts_no_more_off_a_long_line_than_it_may(width, max_cut):
    wide, rng = {"shift_range": (0.1, 0.1), "scale_range": (0.8, 1.2)}, np.random.default_rng(0)
    augmentor, lost = RandomAffine(1, max_cut=max_cut, **wide), []
    for _ in range(1000):
        affine = augmentor.draw(rng, (50, width, 1))
        overhang, shift = width * (affine.scale[0] - 1) / 2, width * affine.shift[0]
        lost += [overhang - shift, overhang + shift]  # pixels, at the left and at the right
    assert max(lost) == pytest.approx(50 * max_cut, abs=1e-6)


def test_a_limit_that_is_not_reached_changes_nothing():
    free, limited = RandomAffine(1), RandomAffine(1, max_cut=1.0)
    for seed in range(20):
        drawn = [one.draw(np.random.default_rng(seed), (50, 200, 1)) for one in (free, limited)]
        assert drawn[0] == drawn[1]


def test_default_is_one_affine_map_of_every_image():
    (augmentor,) = default_augmentors()
    assert isinstance(augmentor, RandomAffine)
    assert vars(augmentor) == vars(RandomAffine(random_chance=1.0, max_cut=1 / 3))
