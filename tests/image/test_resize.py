import cv2
import numpy as np
import pytest
from mltu import transformers as mltu
from mltu.annotations.images import CVImage

from ctckit.errors import InputError
from ctckit.image.resize import ImageResizer, ImageScaler
from tests.drawing import draw_text

IMAGE = draw_text("2345", height=30, width=90)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("keep_aspect_ratio", [False, True])
@pytest.mark.parametrize(
    "size", [(90, 30), (200, 50), (45, 15), (50, 50), (10, 300), (300, 10), (1, 1)]
)
def test_size_is_reached(size, keep_aspect_ratio, channels):
    image = np.ascontiguousarray(IMAGE[..., :channels])
    before = image.copy()
    resized, label = ImageResizer(*size, keep_aspect_ratio)(image, "text")
    assert resized.shape == (size[1], size[0], channels)
    assert resized.dtype == np.uint8
    assert label == "text"
    assert np.array_equal(image, before)


@pytest.mark.parametrize("keep_aspect_ratio", [False, True])
def test_fitting_image_is_not_copied(keep_aspect_ratio):
    resized, _ = ImageResizer(90, 30, keep_aspect_ratio)(IMAGE, "")
    assert np.shares_memory(resized, IMAGE)


def test_shrinking_averages_areas():
    checkers = (np.indices((8, 8)).sum(axis=0) % 2 * 255).astype(np.uint8)[..., None]
    assert np.unique(ImageResizer(4, 4)(checkers, "")[0]).tolist() == [128]


def test_aspect_ratio_is_kept_and_the_image_centred():
    black = np.zeros((10, 40, 3), np.uint8)
    resized, _ = ImageResizer(20, 20, keep_aspect_ratio=True)(black, "")
    rows = np.flatnonzero((resized == 0).all(axis=(1, 2)))
    assert rows.tolist() == [7, 8, 9, 10, 11]
    assert np.unique(resized[:7]).tolist() == [255]


@pytest.mark.parametrize("color", [(10, 20, 30), [10, 20, 30]])
def test_padding_color(color):
    black = np.zeros((10, 40, 3), np.uint8)
    resized, _ = ImageResizer(20, 20, True, padding_color=color)(black, "")
    assert resized[0, 0].tolist() == [10, 20, 30]


@pytest.mark.parametrize("keep_aspect_ratio", [False, True])
@pytest.mark.parametrize("size", [(90, 30), (180, 60), (200, 60), (180, 90)])
def test_same_as_mltu_where_nothing_shrinks(size, keep_aspect_ratio):
    options = {"keep_aspect_ratio": keep_aspect_ratio, "padding_color": (255, 255, 255)}
    expected, _ = mltu.ImageResizer(*size, **options)(CVImage(IMAGE), "")
    assert np.array_equal(ImageResizer(*size, **options)(IMAGE, "")[0], expected.numpy())


def test_same_as_opencv_where_it_shrinks():
    expected = cv2.resize(IMAGE, (45, 20), interpolation=cv2.INTER_AREA)
    assert np.array_equal(ImageResizer(45, 20)(IMAGE, "")[0], expected)


@pytest.mark.parametrize(("width", "height"), [(0, 10), (10, 0), (-1, 10)])
def test_resizer_refuses_no_size(width, height):
    with pytest.raises(InputError, match=f"at least 1, received {width} and {height}"):
        ImageResizer(width, height)


@pytest.mark.parametrize("color", [-1, 256, (0, 0, 300)])
def test_resizer_refuses_a_colour_out_of_range(color):
    with pytest.raises(InputError, match="padding_color in 0…255"):
        ImageResizer(10, 10, padding_color=color)


# Images of their own width


@pytest.mark.parametrize(
    ("size", "options", "content", "width"),
    [
        ((32, 80), {}, 80, 80),  # as it is
        ((32, 81), {}, 81, 88),  # up to the next multiple
        ((64, 160), {}, 80, 80),  # scaled
        ((16, 5), {}, 10, 16),
        ((32, 80), {"stretch": 2.0}, 160, 160),
        ((32, 80), {"stretch": 0.3}, 24, 24),
        ((64, 5), {}, 2, 8),  # 2.5: halves to even numbers, as Python rounds
        ((64, 7), {}, 4, 8),  # 3.5
        ((1000, 1), {}, 1, 8),  # at least one column
        ((32, 5000), {"max_width": 64}, 64, 64),  # squeezed
        ((1, 10_000), {}, 2048, 2048),
    ],
)
def test_the_width_follows_from_the_image(size, options, content, width):
    black = np.zeros((*size, 3), np.uint8)
    scaled, label = ImageScaler(32, **options)(black, "text")
    assert (scaled.shape, scaled.dtype, label) == ((32, width, 3), np.uint8, "text")
    assert not scaled[:, :content].any() and (scaled[:, content:] == 255).all()


@pytest.mark.parametrize("channels", [1, 3])
def test_a_scaled_image_is_resized_as_to_a_fixed_size(channels):
    image = np.ascontiguousarray(IMAGE[..., :channels])
    scaled = ImageScaler(20, padding_color=7)(image, "")[0]
    assert np.array_equal(scaled[:, :60], ImageResizer(60, 20)(image, "")[0])
    assert scaled.shape == (20, 64, channels) and (scaled[:, 60:] == 7).all()


@pytest.mark.parametrize(
    ("height", "options"),
    [
        (0, {}),
        (32, {"stretch": 0.0}),
        (32, {"stretch": float("nan")}),
        (32, {"stretch": float("inf")}),
        (32, {"max_width": 0}),
        (32, {"max_width": 100}),
    ],
)
def test_impossible_scales(height, options):
    with pytest.raises(InputError, match="expected a height of at least 1, a stretch above 0 and"):
        ImageScaler(height, **options)
