import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageOps

from ctckit.image.decode import ImageReader
from ctckit.image.orientation import turn_upright
from tests.drawing import draw_text

PICTURE = Image.fromarray(draw_text("23", height=24, width=60))
TAG = 0x0112


def content(form: str, orientation: int | None, image: Image.Image = PICTURE, **options) -> bytes:
    exif = Image.Exif()
    if orientation is not None:
        exif[TAG] = orientation
    file = io.BytesIO()
    image.save(file, form, exif=exif, **options)
    return file.getvalue()


def as_viewed(data: bytes, mode: str = "RGB") -> np.ndarray:
    """What Pillow shows, uint8 (H, W, 3), BGR."""
    return np.array(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert(mode))[..., ::-1]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("form", "mode", "options"),
    [
        ("PNG", "RGB", {}),
        ("PNG", "RGBA", {}),  # read in another way
        ("PNG", "L", {}),
        ("PNG", "P", {}),
        ("JPEG", "RGB", {}),
        ("JPEG", "L", {}),
        ("WEBP", "RGB", {"lossless": True}),
        ("WEBP", "RGBA", {"lossless": True}),
        ("TIFF", "RGB", {}),
        ("TIFF", "L", {"compression": "tiff_lzw"}),
        ("TIFF", "1", {"compression": "group4"}),
    ],
)
def test_images_are_turned_once_as_viewers_do(form, mode, options, orientation):
    data = content(form, orientation, PICTURE.convert(mode), **options)
    received, _ = ImageReader(3)(data, "")
    expected = as_viewed(data)
    assert received.shape == expected.shape
    assert np.abs(received.astype(int) - expected).max() <= (3 if form == "JPEG" else 0)


@pytest.mark.parametrize(
    "exif",
    [
        b"",
        b"II*\0",
        b"II*\0\x08\0\0\0",  # no directory
        b"II*\0\x08\0\0\0\x05\0",  # five entries, but they are missing
        b"II*\0\xff\xff\xff\xff",
        b"nothing of that kind",
        struct.pack("<4sIHHHIHHI", b"II*\0", 8, 1, TAG, 3, 1, 9, 0, 0),  # there is no 9
        struct.pack("<4sIHHHIHHI", b"II*\0", 8, 1, TAG, 3, 1, 0, 0, 0),
        struct.pack("<4sIHHHIHHI", b"II*\0", 8, 1, 0x0110, 3, 1, 6, 0, 0),  # another tag
    ],
)
def test_exif_that_says_nothing(exif):
    pixels = np.array(PICTURE)
    webp = b"RIFF\0\0\0\0WEBP" + struct.pack("<4sI", b"EXIF", len(exif)) + exif
    assert turn_upright(pixels, webp, "WebP") is pixels


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("mark", [b"", b"Exif\0\0"])  # some programs write it there, too
def test_both_orders_of_bytes(order, mark):
    start = b"II*\0" if order == "<" else b"MM\0*"
    exif = mark + start + struct.pack(f"{order}IHHHIHHI", 8, 1, TAG, 3, 1, 6, 0, 0)
    webp = b"RIFF\0\0\0\0WEBP" + struct.pack("<4sI", b"EXIF", len(exif)) + exif
    assert turn_upright(np.array(PICTURE), webp, "WebP").shape == (60, 24, 3)


def test_the_name_of_a_chunk_within_the_data_is_none():
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4s", 12, b"tEXt") + b"eXIf and more" + b"\0" * 3
    pixels = np.array(PICTURE)
    assert turn_upright(pixels, png, "PNG") is pixels
