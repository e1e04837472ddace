"""Formats, depths and damages: what a file holds, whatever it is called."""

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from ctckit.errors import InputError
from ctckit.image import kinds
from ctckit.image.content import MAX_PIXELS
from ctckit.image.decode import ImageReader
from tests.drawing import draw_text

PICTURE = Image.fromarray(draw_text("2345", height=40, width=90)[..., ::-1])
NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 90, 3), np.uint8))


def encoded(image: Image.Image, form: str, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def read(content: bytes, channels: int = 3) -> np.ndarray:
    return ImageReader(channels)(content, "")[0]


# What other programs write


@pytest.mark.parametrize(
    ("form", "mode", "options", "tolerance"),
    [
        ("PNG", "1", {}, 0),
        ("TIFF", "1", {}, 0),
        ("TIFF", "1", {"compression": "group4"}, 0),  # as scanners write it
        ("TIFF", "CMYK", {}, 1),
        ("JPEG", "CMYK", {}, 1),  # Pillow's are inverted, like Adobe's
        ("JPEG", "L", {}, 0),
        ("PNG", "LA", {}, 0),
        ("GIF", "P", {}, 0),
        ("GIF", "P", {"save_all": True, "append_images": [NOISE.convert("P")]}, 0),  # the first
        ("WEBP", "RGB", {"lossless": True, "save_all": True, "append_images": [NOISE]}, 0),
        ("PNG", "RGB", {"save_all": True, "append_images": [NOISE]}, 0),
        ("TIFF", "RGB", {"save_all": True, "append_images": [NOISE]}, 0),
        ("PPM", "RGB", {}, 0),
        ("PPM", "L", {}, 0),
        ("PPM", "1", {}, 0),
        ("JPEG2000", "RGB", {}, 0),
        ("JPEG2000", "L", {"no_jp2": True}, 0),
        ("AVIF", "RGB", {}, 3),
        ("BMP", "1", {}, 0),
        ("BMP", "P", {}, 0),
    ],
)
@pytest.mark.parametrize("name", ["a", "a.txt", "a.png", "a.jfif"])
def test_a_format_is_known_by_its_content(tmp_path, name, form, mode, options, tolerance):
    content = encoded(PICTURE.convert(mode), form, **options)
    (tmp_path / name).write_bytes(content)
    received, _ = ImageReader(3)(tmp_path / name, "")
    expected = np.array(Image.open(io.BytesIO(content)).convert("RGB"))[..., ::-1]
    assert received.shape == expected.shape
    assert np.abs(received.astype(int) - expected).max() <= tolerance


def test_cmyk_without_adobes_mark_is_inverted_too():
    """As Pillow has it; who writes ink into a JPEG writes it so, mark or not."""
    content = encoded(PICTURE.convert("CMYK"), "JPEG", quality=95)
    mark = content.find(b"Adobe")
    bare = content[: mark - 4] + content[mark + 12 :]
    assert np.array_equal(read(bare), read(content))
    assert np.abs(read(bare).astype(int) - np.array(PICTURE)[..., ::-1]).mean() < 5


# Depths


def png_of_16_bit(values: np.ndarray) -> bytes:
    return cv2.imencode(".png", values)[1].tobytes()


def tiff_of_16_bit(values: np.ndarray) -> bytes:
    return cv2.imencode(".tif", values)[1].tobytes()


@pytest.mark.parametrize("encode", [png_of_16_bit, tiff_of_16_bit])
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 128, 129, 32768, 65535], [0, 0, 1, 128, 255]),
        ([0, 4095], [0, 255]),  # 12 bits
        ([0, 2048, 4000], [0, 128, 249]),
        ([0, 512, 1023], [0, 128, 255]),  # 10 bits
        ([0, 7, 255], [0, 7, 255]),  # 8 bits
        ([0, 4096], [0, 16]),  # more than 12 bits: dark, as it is
        ([0, 0], [0, 0]),
    ],
)
def test_depth_of_16_bit_files(encode, values, expected):
    pixels = np.array([values], np.uint16)
    assert read(encode(pixels), 1)[..., 0].tolist() == [expected]
    assert read(encode(np.dstack([pixels] * 3)))[..., 1].tolist() == [expected]


@pytest.mark.parametrize(
    ("color", "alpha", "expected"),
    [
        ([0, 65535], [65535, 65535], [0, 255]),
        ([0, 4095], [65535, 65535], [0, 255]),  # opaque: the colours tell the depth
        ([0, 4095], [4095, 4095], [0, 255]),
        ([0, 1000], [0, 65535], [255, 4]),  # black letters of 16 bits, not grey ones of 10
        ([65535, 65535], [0, 65535], [0, 255]),  # white letters
    ],
)
def test_depth_of_16_bit_with_transparency(color, alpha, expected):
    pixels = np.dstack([np.array([color])] * 3 + [np.array([alpha])]).astype(np.uint16)
    assert read(png_of_16_bit(pixels), 1)[..., 0].tolist() == [expected]


def test_16_bit_grey_with_transparency():
    chunks = {
        b"IHDR": struct.pack(">IIBBBBB", 2, 1, 16, 4, 0, 0, 0),
        b"IDAT": zlib.compress(b"\0" + struct.pack(">HHHH", 65535, 0, 65535, 65535)),
        b"IEND": b"",
    }
    content = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks.items()
    )
    assert read(content, 1)[..., 0].tolist() == [[0, 255]]


# Damages

FORMS = {
    "PNG": ("PNG", "RGB", {}),
    "PNG with a palette": ("PNG", "P", {}),
    "PNG of 16 bit": ("PNG", "I;16", {}),
    "JPEG": ("JPEG", "RGB", {}),
    "progressive JPEG": ("JPEG", "RGB", {"progressive": True}),
    "WebP": ("WEBP", "RGB", {}),
    "GIF": ("GIF", "P", {}),
    "BMP": ("BMP", "RGB", {}),
    "TIFF": ("TIFF", "RGB", {}),
    "TIFF, LZW": ("TIFF", "RGB", {"compression": "tiff_lzw"}),
    "PNM": ("PPM", "RGB", {}),
    "JPEG 2000": ("JPEG2000", "RGB", {}),
    "AVIF": ("AVIF", "RGB", {}),
}


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("image", [PICTURE, NOISE], ids=["picture", "noise"])
@pytest.mark.parametrize(("form", "mode", "options"), FORMS.values(), ids=FORMS)
def test_a_cut_file_is_refused(tmp_path, form, mode, options, image, share, capfd):
    content = encoded(
        image.convert("L").convert(mode) if mode == "I;16" else image.convert(mode), form, **options
    )
    (tmp_path / "cut").write_bytes(content[: int(share * len(content))])
    with pytest.raises(InputError, match="cut: expected a whole .* damaged, cut off") as error:
        ImageReader()(tmp_path / "cut", "")
    assert "\n" not in str(error.value)
    assert "WARN" not in capfd.readouterr().err


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_trailing_bytes_are_passed_over(form):
    content = encoded(PICTURE, form)
    assert np.array_equal(read(content + bytes(100)), read(content))


def test_a_jpeg_without_its_end_is_refused_whatever_opencv_makes_of_it(monkeypatch):
    """Some versions of OpenCV fill up with grey, others return nothing."""
    monkeypatch.setattr(cv2, "imdecode", lambda *_: np.zeros((40, 90, 3), np.uint8))
    content = encoded(PICTURE, "JPEG")
    assert read(content).shape == (40, 90, 3)
    with pytest.raises(InputError, match="expected a whole JPEG file"):
        read(content[:-2])


@pytest.mark.parametrize("kind", ["GIF", "AVIF", "HEIC"])
def test_a_missing_decoder_is_said(monkeypatch, kind):
    kinds.can_read.cache_clear()
    monkeypatch.setattr(cv2, "haveImageWriter", lambda name: False)
    monkeypatch.setattr(cv2, "imdecode", lambda *_: None)
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40)
    content = heic if kind == "HEIC" else encoded(PICTURE, kind)
    with pytest.raises(InputError, match=f"has no decoder for {kind}; save the image as PNG"):
        read(content)
    kinds.can_read.cache_clear()


# Sizes


@pytest.mark.parametrize(("width", "height"), [(1, 1), (20_000, 10), (10, 20_000), (1, 3000)])
@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "PPM", "JPEG2000"])
def test_odd_sizes(form, width, height):
    content = encoded(Image.new("RGB", (width, height), (200, 200, 200)), form)
    assert read(content).shape == (height, width, 3)


WHERE = {  # the width and height of a file: behind which bytes, and how they are written
    "PNG": (b"IHDR", 0, ">II"),
    "GIF": (b"GIF8", 2, "<HH"),
    "BMP": (b"\x28\0\0\0", 0, "<ii"),
    "JPEG": (b"\xff\xc0", 3, ">HH"),
    "WEBP": (b"\x9d\x01\x2a", 0, "<HH"),
    "JPEG2000": (b"\xff\x4f\xff\x51", 4, ">II"),
    "AVIF": (b"ispe", 4, ">II"),
}


def with_size(form: str, width: int, height: int) -> bytes:
    """Return a small file whose header states another size."""
    if form == "PPM":
        return encoded(PICTURE, form).replace(b"90 40", b"%d # wide\n%d" % (width, height))
    if form.endswith("TIFF"):
        return tiff_with(width, height, big=form == "BigTIFF")
    content = bytearray(encoded(PICTURE, form))
    mark, distance, layout = WHERE[form]
    struct.pack_into(layout, content, content.index(mark) + len(mark) + distance, width, height)
    if form == "PNG":
        struct.pack_into(">I", content, 29, zlib.crc32(content[12:29]))
    return bytes(content)


def tiff_with(width: int, height: int, *, big: bool) -> bytes:
    """Return a TIFF that states a size, or a BigTIFF that does so of its tiles."""
    if not big:
        entries = [struct.pack("<HHII", 256, 4, 1, width), struct.pack("<HHII", 257, 4, 1, height)]
        return b"II*\0" + struct.pack("<IH", 8, 2) + b"".join(entries) + bytes(4)
    numbers = {256: 8, 257: 8, 322: width, 323: height}
    entries = [struct.pack(">HHQQ", tag, 16, 1, value) for tag, value in numbers.items()]
    return b"MM\0+\0\x08\0\0" + struct.pack(">QQ", 16, len(entries)) + b"".join(entries)


SIZED = [*WHERE, "PPM", "TIFF", "BigTIFF"]


@pytest.mark.parametrize("form", SIZED)
def test_headers_that_ask_for_gigabytes(monkeypatch, form):
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("it would take the memory"))
    width, height = (16_000, 16_000) if form == "WEBP" else (30_000, 30_000)  # it has 14 bits
    received = f"up to {MAX_PIXELS:,} pixels, received {width * height:,}"
    with pytest.raises(InputError, match=received):
        read(with_size(form, width, height))


@pytest.mark.parametrize("form", SIZED[:-1])
def test_headers_of_no_size(monkeypatch, form):
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("nothing is known of it"))
    with pytest.raises(InputError, match="expected a whole .* file, received one that is damaged"):
        read(with_size(form, 0, 0))


@pytest.mark.parametrize("form", ["PNG", "GIF", "BMP", "WEBP", "JPEG2000", "AVIF", "TIFF", "PPM"])
def test_every_beginning_of_a_file_ends_in_a_line(form):
    content = encoded(PICTURE, form)
    for size in range(min(len(content) - 1, 400)):
        with pytest.raises(InputError, match="^cannot read the given image: "):
            read(content[:size])


def test_a_format_of_no_name_is_not_tried(monkeypatch):
    """OpenCV knows more, such as Sun raster, whose sizes are not read before it makes room."""
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("it was tried"))
    with pytest.raises(InputError, match="not an image, or a damaged one"):
        read(struct.pack(">8I", 0x59A66A95, 30_000, 30_000, 24, 0, 1, 0, 0) + bytes(100))
