import pickle

import cv2
import numpy as np
import pytest
from mltu import augmentors as mltu
from mltu.annotations.images import CVImage

from ctckit.augment.defaults import default_augmentors
from ctckit.augment.elastic import RandomElasticTransform
from ctckit.augment.geometric import (
    Affine,
    RandomAffine,
    RandomRotate,
    RandomScale,
    RandomShear,
    RandomShift,
    warp,
)
from ctckit.augment.photometric import (
    RandomBlur,
    RandomBrightness,
    RandomErodeDilate,
    RandomNoise,
    RandomSharpen,
)
from ctckit.errors import InputError
from tests.drawing import draw_text

ALL = [
    RandomAffine, RandomBlur, RandomBrightness, RandomElasticTransform, RandomErodeDilate,
    RandomNoise, RandomRotate, RandomScale, RandomSharpen, RandomShear, RandomShift,
]  # fmt: skip
each = pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)


def picture(channels=3):
    image = draw_text("2345", height=40, width=120)
    image[5:15, 5:30] = (180, 60, 20)
    return np.ascontiguousarray(image[..., :channels])


def run(augmentor, image, seed=0):
    return augmentor(image, "text", np.random.default_rng(seed))


@each
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(40, 120), (1, 1), (2, 64)])
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
        (RandomAffine, {"shear_range": (1, -1)}, r"shear_range as \(low, high\), received"),
        (RandomBlur, {"sigma_range": (0, 1)}, "sigma_range .* at least 0.01"),
        (RandomBrightness, {"delta": 256}, "delta in 0…255, received 256"),
        (RandomElasticTransform, {"smoothness": 0}, "smoothness of at least 1"),
        (RandomElasticTransform, {"strength_range": (-1, 1)}, "strength_range .* at least 0"),
        (RandomErodeDilate, {"kernel_size": (1, 1)}, r"kernel_size of at least \(1, 2\)"),
        (RandomErodeDilate, {"kernel_size": (0, 3)}, "kernel_size of at least"),
        (RandomNoise, {"sigma_range": (-1, 1)}, "sigma_range .* at least 0"),
        (RandomRotate, {"angle": 181}, "angle in 0…180"),
        (RandomScale, {"scale_range": (1, float("inf"))}, "scale_range"),
        (RandomSharpen, {"alpha": 2}, "alpha in 0…1"),
        (RandomSharpen, {"lightness_range": (-1, 1)}, "lightness_range"),
        (RandomShear, {"shear_range": (0, 1, 2)}, "shear_range"),
        (RandomShift, {"shift_range": (2, 0)}, "shift_range"),
    ],
)
def test_arguments_out_of_range(kind, arguments, message):
    with pytest.raises(InputError, match=f"{kind.__name__}: expected .*{message}"):
        kind(**arguments)


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


def test_elastic_takes_each_pixel_from_its_displaced_place():
    augmentor, image = RandomElasticTransform(), picture()
    field = augmentor.draw(np.random.default_rng(0), image.shape)
    rows, columns = np.indices(image.shape[:2], dtype=np.float32)
    expected = cv2.remap(
        image, columns + field.x, rows + field.y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    assert np.array_equal(augmentor.apply(image, field), expected)


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


def test_default_is_one_affine_map_of_every_image():
    (augmentor,) = default_augmentors()
    assert isinstance(augmentor, RandomAffine)
    assert vars(augmentor) == vars(RandomAffine(random_chance=1.0))


def test_erode_makes_dark_strokes_bolder_dilate_thinner():
    image, augmentor = picture(1), RandomErodeDilate()
    assert augmentor.apply(image, True).mean() < image.mean() < augmentor.apply(image, False).mean()


def test_elastic_displacement_reaches_its_strength():
    augmentor = RandomElasticTransform(strength_range=(2.0, 2.0))
    field = np.stack(augmentor.draw(np.random.default_rng(0), (50, 200, 1)))
    assert np.abs(field).max() == pytest.approx(2.0, abs=1e-5)
    assert np.abs(np.diff(field)).max() < 0.6  # smooth from pixel to pixel


def test_noise_has_its_sigma_and_no_bias():
    grey = np.full((100, 100, 1), 128, np.uint8)
    changed, _ = run(RandomNoise(1, sigma_range=(10, 10)), grey)
    assert changed.std() == pytest.approx(10, abs=0.5)
    assert changed.mean() == pytest.approx(128, abs=0.5)


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
