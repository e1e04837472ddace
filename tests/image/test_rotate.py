import numpy as np
import pytest

from ctckit.errors import InputError
from ctckit.image.rotate import ImageRotator, turned_size
from tests.drawing import draw_text

WIDE = draw_text("2345", height=30, width=90)
HIGH = np.ascontiguousarray(np.rot90(WIDE, -1))  # the text runs from the top to the bottom


@pytest.mark.parametrize(
    ("image", "rotate", "quarters"),
    [
        (WIDE, "90", -1),
        (WIDE, "270", 1),
        (WIDE, "auto", 0),
        (HIGH, "auto", 1),
        (HIGH, "90", -1),
        (WIDE[:, :30], "auto", 0),  # as high as wide
        (WIDE[..., :1], "90", -1),
        (WIDE[..., :1], "270", 1),
        (np.zeros((1, 1, 1), np.uint8), "90", 0),
    ],
)
def test_images_are_turned_by_quarters(image, rotate, quarters):
    before = image.copy()
    turned, label = ImageRotator(rotate)(image, "text")
    assert np.array_equal(turned, np.rot90(image, quarters))
    assert turned.flags.c_contiguous or turned is image
    assert label == "text"
    assert np.array_equal(image, before)


def test_auto_makes_text_from_the_top_to_the_bottom_readable():
    assert np.array_equal(ImageRotator("auto")(HIGH, "")[0], WIDE)


@pytest.mark.parametrize("rotate", ["180", "", "Auto", 90, None])
def test_other_rotations_are_refused(rotate):
    with pytest.raises(InputError, match="expected one of 90, 270, auto, received"):
        ImageRotator(rotate)


@pytest.mark.parametrize("rotate", [None, "90", "270", "auto"])
@pytest.mark.parametrize("size", [(90, 30), (30, 90), (40, 40)])
def test_size_is_that_after_turning(rotate, size):
    image = np.zeros((*size, 1), np.uint8)
    turned = image if rotate is None else ImageRotator(rotate)(image, "")[0]
    assert turned_size(size, rotate) == turned.shape[:2]
