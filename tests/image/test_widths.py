import numpy as np
import pytest

from ctckit.image.widths import NO_IMAGE, own_image, own_widths, stack_images

WIDTHS = [16, 8, 40]


@pytest.mark.parametrize("channels", [1, 3])
def test_images_of_several_widths_share_a_batch(channels):
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (5, width, channels), np.uint8) for width in WIDTHS]
    batch = stack_images(images)
    assert batch.shape == (3, 5, 40, channels) and batch.dtype == np.int16
    assert own_widths(batch).tolist() == WIDTHS
    for image, row in zip(images, batch, strict=True):
        np.testing.assert_array_equal(row[:, : image.shape[1]], image)
        assert (row[:, image.shape[1] :] == NO_IMAGE).all()
        np.testing.assert_array_equal(own_image(row), image)
        assert own_image(row).dtype == np.uint8


def test_no_pixel_is_taken_for_no_image():
    for value in (0, 255):
        images = [np.full((2, width, 1), value, np.uint8) for width in WIDTHS]
        assert own_widths(stack_images(images)).tolist() == WIDTHS
        assert own_widths(stack_images(images).astype(np.float32)).tolist() == WIDTHS


def test_a_batch_goes_where_it_is_wanted():
    made = []

    def empty(shape: tuple[int, ...], kind: np.dtype) -> np.ndarray:
        made.append(np.ones(shape, kind))
        return made[-1]

    images = [np.zeros((2, 8, 1), np.uint8), np.zeros((2, 16, 1), np.uint8)]
    assert stack_images(images, empty) is made[0]
    np.testing.assert_array_equal(made[0], stack_images(images))
