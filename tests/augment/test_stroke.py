import numpy as np
import pytest

from ctckit.augment.stroke import RandomErodeDilate, Spread
from tests.augment.pictures import picture


def test_erode_makes_dark_strokes_bolder_dilate_thinner():
    image, augmentor = picture(1), RandomErodeDilate()
    bolder, thinner = (augmentor.apply(image, Spread(dark)) for dark in (True, False))
    assert bolder.mean() < image.mean() < thinner.mean()


def test_a_stroke_of_one_pixel_grows_paler_where_it_would_vanish():
    image = np.full((10, 20, 1), 200, np.uint8)
    image[:, 8] = 0
    augmentor = RandomErodeDilate()
    assert augmentor.apply(image, Spread(dark=False)).min() == 200
    assert augmentor.apply(image, Spread(dark=False, amount=0.6)).min() == 120


def test_draws_both_ways_and_its_amount_for_each():
    augmentor, rng = RandomErodeDilate(amount_range=(0.2, 0.6)), np.random.default_rng(0)
    drawn = [augmentor.draw(rng, (50, 200, 1)) for _ in range(2000)]
    for dark in (True, False):
        amounts = [spread.amount for spread in drawn if spread.dark is dark]
        assert len(amounts) == pytest.approx(1000, abs=100)
        assert (min(amounts), max(amounts)) == pytest.approx((0.2, 0.6), abs=0.01)
