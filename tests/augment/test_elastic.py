import cv2
import numpy as np
import pytest

from ctckit.augment.elastic import RandomElastic, RandomElasticTransform
from tests.augment.pictures import picture


@pytest.mark.parametrize("kind", [RandomElastic, RandomElasticTransform])
def test_takes_each_pixel_from_its_displaced_place(kind):
    augmentor, image = kind(), picture()
    field = augmentor.draw(np.random.default_rng(0), image.shape)
    rows, columns = np.indices(image.shape[:2], dtype=np.float32)
    expected = cv2.remap(
        image, columns + field.x, rows + field.y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    assert np.array_equal(augmentor.apply(image, field), expected)


@pytest.mark.parametrize(
    "augmentor",
    [RandomElasticTransform(strength_range=(2.0, 2.0)), RandomElastic(amount_range=(0.04, 0.04))],
)
def test_displacement_reaches_its_strength(augmentor):
    field = np.stack(augmentor.draw(np.random.default_rng(0), (50, 200, 1)))
    assert np.abs(field).max() == pytest.approx(2.0, abs=1e-5)
    assert np.abs(np.diff(field)).max() < 0.6  # smooth from pixel to pixel


def test_bends_higher_images_further_and_in_the_same_waves():
    augmentor = RandomElastic(amount_range=(0.05, 0.05))
    low, high = (
        np.stack(augmentor.draw(np.random.default_rng(3), shape))
        for shape in [(32, 96, 1), (64, 192, 1)]
    )
    assert np.abs(low).max() == pytest.approx(1.6, abs=1e-5)
    assert np.abs(high).max() == pytest.approx(3.2, abs=1e-5)
    assert np.corrcoef(low.ravel(), high[:, ::2, ::2].ravel())[0, 1] > 0.98
