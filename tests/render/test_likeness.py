import numpy as np
import pytest

from ctckit.errors import InputError
from ctckit.render.ink import stroke_width, with_stroke_width
from ctckit.render.likeness import Likeness, likeness_of, look_at, no_larger
from ctckit.render.renderer import Renderer
from ctckit.render.texts import Texts
from tests.render.conftest import CHARACTERS

GROUND, INK = (200, 180, 160), (20, 60, 30)


def bars(height=40, width=120, *, thick=4, noise=0.0):
    """Return upright strokes of ink on a ground, in the middle of an image."""
    image = np.full((height, width, 3), GROUND, np.float32)
    for left in range(30, 90, 12):
        image[10:30, left : left + thick] = INK
    image += np.random.default_rng(0).normal(0, noise, image.shape) if noise else 0
    return np.clip(image, 0, 255).astype(np.uint8)


def test_an_image_is_looked_at():
    look = look_at(bars())
    assert (look.height, look.width) == (40, 120)
    np.testing.assert_allclose(look.box, (30 / 120, 10 / 40, 82 / 120, 30 / 40), atol=0.02)
    assert look.ground == GROUND and look.ink == INK
    assert look.stroke == pytest.approx(4 / 20, abs=0.08)
    assert look.noise == 0.0


def test_noise_and_thicker_strokes_are_seen():
    noisy, thick = look_at(bars(noise=12.0)), look_at(bars(thick=8))
    assert 5 < noisy.noise < 15
    assert thick.stroke > 1.5 * look_at(bars()).stroke


@pytest.mark.parametrize(
    "image", [np.full((40, 120, 3), 200, np.uint8), np.zeros((4, 4, 3), np.uint8)]
)
def test_where_nothing_is_to_be_seen(image):
    assert look_at(image) is None
    with pytest.raises(InputError, match="^like: expected images on which the base reads"):
        likeness_of([(image, "a")])


def test_an_image_without_a_reading_does_not_count():
    assert likeness_of([(bars(), ""), (bars(), "ab")]).texts == ("ab",)


def test_the_alphabet_is_what_is_read_often():
    texts = ["abc"] * 200 + ["x"]
    assert Likeness([look_at(bars())] * 201, texts).alphabet == "abc"


def test_images_are_drawn_alike(faces):
    likeness = likeness_of([(bars(), "12345"), (bars(30, 90), "678")])
    renderer = Renderer(faces, Texts(CHARACTERS), like=likeness)
    drawn = [renderer(number) for number in range(60)]
    assert {image.shape for image, _ in drawn} == {(40, 120, 3), (30, 90, 3)}
    for image, text in drawn:
        assert len(text) == {40: 5, 30: 3}[len(image)] and set(text) <= set("12345678")
    grounds = np.median([np.median(image, axis=(0, 1)) for image, _ in drawn], axis=0)
    np.testing.assert_allclose(grounds, GROUND, atol=12)


def test_strokes_become_as_wide_as_asked_for():
    cover = np.pad((bars()[..., 0] < 100).astype(np.float32)[10:30, 25:90], 8)
    for share in (0.06, 0.11, 0.2):
        width = stroke_width(with_stroke_width(cover, share) > 0.5) / len(cover)
        assert width == pytest.approx(share, abs=0.05)


def test_spaces_stay_where_they_were_read():
    likeness = Likeness([look_at(bars())], ["AB 123"])
    rng = np.random.default_rng(0)
    texts = {likeness.text(0, "AB123", rng) for _ in range(50)}
    assert "AB 123" in texts and len(texts) > 10
    assert all(text[2] == " " and text.count(" ") == 1 for text in texts)


def test_long_texts_and_large_images():
    assert Likeness([], ["a", "b" * 40]).longest == 40
    assert no_larger(np.zeros((3000, 4000, 3), np.uint8)).shape == (96, 128, 3)
    assert no_larger(np.zeros((20, 4000, 3), np.uint8)).shape == (8, 1600, 3)
    assert no_larger(bars()).shape == bars().shape
