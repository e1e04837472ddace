import io

import cv2
import pytest
from PIL import Image

from ctckit.image import kinds
from ctckit.image.kinds import HEAD, image_kind, looks_like_image

ISO = b"\0\0\0\x20ftyp"


def head_of(name: str, **options) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (3, 2)).save(file, name, **options)
    return file.getvalue()[:HEAD]


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (head_of("PNG"), "PNG"),
        (head_of("JPEG"), "JPEG"),
        (head_of("GIF"), "GIF"),
        (head_of("BMP"), "BMP"),
        (head_of("WEBP"), "WebP"),
        (head_of("TIFF"), "TIFF"),
        (head_of("AVIF"), "AVIF"),
        (head_of("JPEG2000"), "JPEG 2000"),
        (head_of("JPEG2000", no_jp2=True), "JPEG 2000"),
        (head_of("PPM"), "PNM"),
    ],
)
def test_formats_that_are_read(head, kind):
    assert image_kind(head) == kind
    assert looks_like_image(head)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xd8\xff", "JPEG"),  # as little as this
        (b"MM\0*", "TIFF"),
        (b"II+\0\x08\0\0\0", "TIFF"),  # of more than 4 GiB
        (b"P1\n# drawn\n1 1\n0", "PNM"),
        (b"P5\r\n3 2\n255\n", "PNM"),
        (b"P7\n# drawn", None),  # is not among those
        (ISO + b"mif1\0\0\0\0mif1avifmiaf", "AVIF"),  # the brand stands among the others
        (ISO + b"heic\0\0\0\0mif1heic", "HEIC"),
        (ISO + b"mif1\0\0\0\0mif1heic", "HEIC"),
        (ISO + b"isom\0\0\x02\0isomiso2avc1mp41", None),  # a film
        (b"", None),
        (b"image,label\na.png,2345\n", None),
        (b"BMW M3,2345\nBMW M5,6543\nand so on", None),
        (b"P5,2345\nP6,5432\n", None),
        (b"GIF is a format", None),
        (b"RIFF\0\0\0\0WAVEfmt ", None),
        (b"PK\x03\x04\x14\0", None),
        (b"%PDF-1.7\n", None),
        (b"\x89PNG", None),  # cut within its mark
    ],
)
def test_what_a_head_tells(head, kind):
    assert image_kind(head) == kind


@pytest.mark.parametrize("kind", ["GIF", "AVIF"])
def test_a_decoder_that_is_missing(monkeypatch, kind):
    """Such a file is listed all the same, so that a line can say why it cannot be read."""
    kinds.can_read.cache_clear()
    monkeypatch.setattr(cv2, "haveImageWriter", lambda name: False)
    assert not kinds.can_read(kind)
    assert kinds.can_read("PNG")
    assert looks_like_image(head_of(kind))
    kinds.can_read.cache_clear()


def test_heic_is_known_but_not_read():
    assert looks_like_image(ISO + b"heic\0\0\0\0mif1heic")
    assert not kinds.can_read("HEIC")
