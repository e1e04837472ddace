import io
import struct
import zlib
from itertools import product

import cv2
import numpy as np
import pytest
from PIL import Image

from ctckit.errors import InputError
from ctckit.image import png
from ctckit.image.decode import ImageReader

SIGNATURE = b"\x89PNG\r\n\x1a\n"
RNG = np.random.default_rng(0)
PICTURES = {
    channels: RNG.integers(0, 256, (20, 33, channels), dtype=np.uint8) for channels in (1, 3, 4)
}
OPAQUE = np.dstack([PICTURES[3], np.full((20, 33), 255, np.uint8)])


def encode(pixels, *options) -> bytes:
    ok, data = cv2.imencode(".png", pixels, options)
    assert ok
    return data.tobytes()


def by_opencv(content: bytes) -> np.ndarray | None:
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)


def by_kornia(content: bytes) -> np.ndarray:
    """Pixels of the decoder in OpenCV's form and order."""
    decoded = png.decode_png(content)
    assert decoded is not None and decoded.dtype == np.uint8
    order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[decoded.shape[2]]
    return decoded[..., 0] if order == [0] else decoded[..., order]


def chunks(content: bytes) -> list[tuple[bytes, bytes]]:
    start, found = len(SIGNATURE), []
    while start < len(content):
        length = int.from_bytes(content[start : start + 4])
        found.append((content[start + 4 : start + 8], content[start + 8 : start + 8 + length]))
        start += length + 12
    return found


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def joined(parts: list[tuple[bytes, bytes]]) -> bytes:
    return SIGNATURE + b"".join(chunk(*part) for part in parts)


def with_header(content: bytes, **fields: int) -> bytes:
    names = ("width", "height", "bits", "color", "compression", "filters", "interlaced")
    (name, data), *rest = chunks(content)
    values = dict(zip(names, struct.unpack(">IIBBBBB", data), strict=True)) | fields
    return joined([(name, struct.pack(">IIBBBBB", *values.values())), *rest])


def with_chunk(name: bytes, data: bytes, pixels=PICTURES[3]) -> bytes:
    header, *rest = chunks(encode(pixels))
    return joined([header, (name, data), *rest])


def read_by_opencv(content: bytes, monkeypatch) -> np.ndarray | str:
    with monkeypatch.context() as patched:
        patched.setattr(png, "kornia", None)
        return read(content)


def read(content: bytes) -> np.ndarray | str:
    """What the reader gives: pixels, or the line that says why there are none."""
    try:
        return ImageReader(3)(content, "")[0]
    except InputError as error:
        return str(error)


def same(first, second) -> bool:
    return type(first) is type(second) and np.array_equal(first, second)


@pytest.mark.parametrize("pixels", [*PICTURES.values(), OPAQUE, PICTURES[4][:1, :1]])
def test_pixels_are_opencvs_for_every_filter_and_strategy(pixels):
    filters = (
        cv2.IMWRITE_PNG_FILTER_NONE, cv2.IMWRITE_PNG_FILTER_SUB, cv2.IMWRITE_PNG_FILTER_UP,
        cv2.IMWRITE_PNG_FILTER_AVG, cv2.IMWRITE_PNG_FILTER_PAETH,
    )  # fmt: skip
    for filter_, strategy, level in product(filters, range(5), (0, 1, 9)):
        content = encode(
            pixels, cv2.IMWRITE_PNG_FILTER, filter_, cv2.IMWRITE_PNG_STRATEGY, strategy,
            cv2.IMWRITE_PNG_COMPRESSION, level,
        )  # fmt: skip
        assert np.array_equal(by_kornia(content), by_opencv(content))


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_pixels_of_pillows_files(mode):
    file = io.BytesIO()
    Image.fromarray(PICTURES[3]).convert(mode).save(file, "PNG", dpi=(72, 72))
    assert np.array_equal(by_kornia(file.getvalue()), by_opencv(file.getvalue()))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("pixels", [*PICTURES.values(), OPAQUE])
def test_the_reader_gives_the_same_with_and_without_kornia(pixels, channels, monkeypatch):
    content = encode(pixels)
    fast = ImageReader(channels)(content, "")[0]
    monkeypatch.setattr(png, "kornia", None)
    assert png.decode_png(content) is None
    assert np.array_equal(ImageReader(channels)(content, "")[0], fast)


def test_several_chunks_of_data():
    header, (name, data), end = chunks(encode(PICTURES[4]))
    content = joined([header, (name, data[:100]), (name, b""), (name, data[100:]), end])
    assert np.array_equal(by_kornia(content), by_opencv(content))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        (b"gAMA", struct.pack(">I", 100_000)),
        (b"sRGB", b"\0"),
        (b"pHYs", bytes(9)),
        (b"tEXt", b"Title\0a"),
        (b"tIME", bytes(7)),
        (b"cHRM", bytes(32)),
    ],
)
def test_chunks_that_change_no_pixel(name, data):
    content = with_chunk(name, data)
    assert np.array_equal(by_kornia(content), by_opencv(content))


def interlaced() -> bytes:
    """2x1 pixels in the passes of Adam7: one pixel in the first, one in the sixth."""
    rows = zlib.compress(bytes([0, 10, 0, 20]))
    header = struct.pack(">IIBBBBB", 2, 1, 8, 0, 0, 0, 1)
    return joined([(b"IHDR", header), (b"IDAT", rows), (b"IEND", b"")])


def palette() -> bytes:
    file = io.BytesIO()
    Image.fromarray(PICTURES[3]).quantize(16).save(file, "PNG")
    return file.getvalue()


EXIF_TURNED = bytes.fromhex("4d4d002a00000008000101120003000000010006000000000000")
LEFT_TO_OPENCV = {
    "16 bit": encode(PICTURES[3].astype(np.uint16) * 257),
    "1 bit": encode(PICTURES[1] & 1, cv2.IMWRITE_PNG_BILEVEL, 1),
    "palette": palette(),
    "interlaced": interlaced(),
    "transparent colour": with_chunk(b"tRNS", struct.pack(">HHH", *PICTURES[3][0, 0, ::-1])),
    "transparent grey": with_chunk(b"tRNS", struct.pack(">H", PICTURES[1][0, 0, 0]), PICTURES[1]),
    "EXIF": with_chunk(b"eXIf", EXIF_TURNED),
    "ICC profile": with_chunk(b"iCCP", b"x\0\0" + zlib.compress(b"no profile")),
    "animation": with_chunk(b"acTL", struct.pack(">II", 1, 0)),
    "unknown chunk": with_chunk(b"abCd", b"12"),
    "large": encode(np.zeros((1, png.MAX_PIXELS + 1), np.uint8)),
    "other format": cv2.imencode(".bmp", PICTURES[3])[1].tobytes(),
}


@pytest.mark.parametrize("content", LEFT_TO_OPENCV.values(), ids=LEFT_TO_OPENCV)
def test_other_files_are_left_to_opencv(content, monkeypatch):
    assert png.decode_png(content) is None
    assert isinstance(read(content), np.ndarray)
    assert same(read(content), read_by_opencv(content, monkeypatch))


def test_the_largest_that_is_decoded_here():
    assert png.decode_png(encode(np.zeros((1, png.MAX_PIXELS), np.uint8))) is not None


WHOLE = encode(PICTURES[4])
LATE = WHOLE[:-12] + chunk(b"IDAT", b"")[:-1] + b"\0" + WHOLE[-12:]  # behind the last pixel
DAMAGED = {
    "header of an absurd size": with_header(WHOLE, width=2**31 - 1, height=2**31 - 1),
    "height 0": with_header(WHOLE, height=0),
    "more rows than data": with_header(WHOLE, height=21),
    "wider than the data": with_header(WHOLE, width=200),
    "senseless colour type": with_header(WHOLE, color=5),
    "other compression": with_header(WHOLE, compression=1),
    "other filters": with_header(WHOLE, filters=1),
    "checksum of the header": WHOLE[:29] + bytes(4) + WHOLE[33:],
    "checksum of the data": WHOLE[:-16] + bytes(4) + WHOLE[-12:],
    "checksum of a chunk without data": LATE,
    "no end": WHOLE[:-12],
    "damaged end": WHOLE[:-1] + b"\0",
    "no data": joined([chunks(WHOLE)[0], chunks(WHOLE)[-1]]),
    "unknown filter of a row": joined(
        [
            chunks(encode(PICTURES[1]))[0],
            (b"IDAT", zlib.compress(b"\x09" * 34 * 20)),
            (b"IEND", b""),
        ]
    ),
    "something behind the end": WHOLE + b"1234",
    "signature": SIGNATURE,
    "header alone": WHOLE[:33],
}  # fmt: skip


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_damaged_files_end_as_with_opencv_alone(content, monkeypatch, capfd):
    assert png.decode_png(content) is None
    assert same(read(content), read_by_opencv(content, monkeypatch))
    assert capfd.readouterr().err.count("panick") == 0


def test_every_truncation_ends_as_with_opencv_alone(monkeypatch):
    small = encode(PICTURES[4][:5, :5])
    for length in range(len(small)):
        assert png.decode_png(small[:length]) is None
        assert same(read(small[:length]), read_by_opencv(small[:length], monkeypatch)), length


def test_every_flipped_byte_ends_as_with_opencv_alone(monkeypatch):
    small = encode(PICTURES[4][:5, :5])
    for place in range(len(small)):
        content = bytearray(small)
        content[place] ^= 0x41
        content = bytes(content)
        assert same(read(content), read_by_opencv(content, monkeypatch)), place


@pytest.mark.parametrize("name", [b"IDAT", b"tEXt"])
def test_a_chunk_longer_than_the_file_is_refused(name, monkeypatch):
    """OpenCV would make room for it first: 4 GB for 60 bytes."""
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("it was tried"))
    content = WHOLE[:33] + struct.pack(">I4s", 2**32 - 16, name) + WHOLE[41:]
    with pytest.raises(InputError, match="expected a whole PNG file"):
        ImageReader()(content, "")


class PanicException(BaseException):
    """As a panic of Rust arrives in Python: `except Exception` lets it pass."""


@pytest.mark.parametrize("error", [PanicException, ValueError])
def test_a_panic_of_the_decoder_leaves_the_file_to_opencv(error, monkeypatch):
    def fail(*_):
        raise error("index out of bounds")

    monkeypatch.setattr(png.kornia, "decode_image_png_u8", fail)
    assert png.decode_png(WHOLE) is None
    assert np.array_equal(read(WHOLE), read_by_opencv(WHOLE, monkeypatch))


def test_ctrl_c_is_no_panic(monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(png.kornia, "decode_image_png_u8", interrupt)
    with pytest.raises(KeyboardInterrupt):
        png.decode_png(WHOLE)
