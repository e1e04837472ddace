import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from ctckit.image.decode import ImageReader

WHITE, BLACK, NOTHING = (255, 255, 255, 255), (0, 0, 0, 255), (0, 0, 0, 0)


def draw(*parts) -> Image.Image:
    image = Image.new("RGBA", (120, 40), NOTHING)
    for part in parts:
        part(ImageDraw.Draw(image))
    return image


def text(color, letters="Ab12", x=8, **options):
    return lambda pen: pen.text((x, 3), letters, color, font_size=28, **options)


def line(color):
    return lambda pen: pen.line((0, 20, 119, 24), color)


def label(color):
    return lambda pen: pen.rounded_rectangle((4, 2, 115, 37), 8, color)


def encoded(image: Image.Image, form: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def over(ground: int, image: Image.Image) -> np.ndarray:
    """Pillow's composition: uint8 (H, W, 3), BGR."""
    below = Image.new("RGBA", image.size, (ground, ground, ground, 255))
    return np.array(Image.alpha_composite(below, image).convert("RGB"))[..., ::-1]


@pytest.mark.parametrize(
    ("image", "ground"),
    [
        (draw(text(WHITE)), 0),
        (draw(text((240, 240, 240, 255))), 0),  # nearly white
        (draw(text((255, 255, 255, 128))), 0),  # half transparent
        (draw(text(WHITE, "1", 50)), 0),  # little of it
        (draw(text(WHITE), line((20, 20, 20, 255))), 0),  # of which white would show the line only
        (draw(text(WHITE)).filter(ImageFilter.GaussianBlur(2)), 0),  # without a sharp outline
        (draw(text(BLACK)), 255),
        (draw(text((200, 200, 200, 255))), 255),  # light, but to be seen
        (draw(text((255, 255, 0, 255))), 255),  # white has no blue less
        (draw(label((40, 40, 60, 255)), text(WHITE)), 255),  # white letters that have a ground
        (draw(label(WHITE), text(BLACK)), 255),  # the label vanishes, its letters do not
        (draw(label(WHITE), text(BLACK, "1", 50)), 255),
        (draw(text(BLACK, stroke_width=2, stroke_fill=WHITE)), 255),  # a sticker
        (draw(text(WHITE, stroke_width=1, stroke_fill=BLACK)), 255),
        (draw(text((0, 0, 0, 120), x=10), text(WHITE)), 255),  # the shadow shows them
        (draw(text(BLACK, "Ab"), text(WHITE, "12", 60)), 255),  # neither ground shows all
        (draw(), 255),
        (Image.new("RGBA", (1, 1), (255, 255, 255, 128)), 255),  # no ground shows more
        (Image.new("RGBA", (1, 9), NOTHING), 255),
    ],
)
def test_the_ground_that_shows_what_is_drawn(image, ground):
    received, _ = ImageReader(3)(encoded(image), "")
    assert np.abs(received.astype(int) - over(ground, image)).max() <= 1


def test_white_letters_differ_from_each_other():
    images = [draw(text(WHITE, f"{number:04d}")) for number in range(50)]
    for channels in (1, 3):
        read = [ImageReader(channels)(encoded(image), "")[0] for image in images]
        assert len({pixels.tobytes() for pixels in read}) == len(read)


LETTERS = draw(text(WHITE))
PALETTE = LETTERS.quantize()  # with tRNS
SHARP = Image.fromarray(np.where(np.array(LETTERS)[..., 3:] > 127, WHITE, NOTHING).astype(np.uint8))


@pytest.mark.parametrize(
    ("content", "image"),
    [
        (encoded(LETTERS.convert("LA")), LETTERS),
        (encoded(PALETTE), PALETTE.convert("RGBA")),
        (encoded(LETTERS, "TIFF"), LETTERS),
        (encoded(LETTERS, "WEBP", lossless=True), LETTERS),
        (encoded(LETTERS, "JPEG2000"), LETTERS),
        (encoded(SHARP, "GIF"), SHARP),
        (encoded(LETTERS, "AVIF", quality=100), LETTERS),
    ],
    ids=["LA", "palette", "TIFF", "WebP", "JPEG 2000", "GIF", "AVIF"],
)
def test_every_form_of_white_letters(content, image):
    received, _ = ImageReader(3)(content, "")
    assert np.abs(received.astype(int) - over(0, image)).max() <= 3


def test_half_transparent_tiff_has_its_own_colours():
    """OpenCV gives them multiplied by alpha; multiplied again, they came out too dark."""
    image = draw(label((200, 30, 20, 128)))
    received, _ = ImageReader(3)(encoded(image, "TIFF"), "")
    assert np.abs(received.astype(int) - over(255, image)).max() <= 2
