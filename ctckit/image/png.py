"""Decode the plain kinds of small PNG file: OpenCV's pixels in less than half of its time."""

import struct
from collections.abc import Iterator

import numpy as np

try:
    from kornia_rs import io as kornia
except ImportError:  # there is no wheel of it for this platform
    kornia = None  # type: ignore[assignment]


# It holds Python's lock while it decodes, OpenCV does not: large files are better left to threads.
MAX_PIXELS = 2**18

_START = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
_PLAIN = bytes([0, 0, 0])  # methods of compression and of filtering, no interlacing
_FORMS = {(8, 0): "mono", (8, 2): "rgb", (8, 6): "rgba"}  # bits, colour type: kornia's name
# Chunks that leave the pixels as they are. Not so tRNS (transparency) and those of animations.
_HARMLESS = {b"IDAT", b"cHRM", b"gAMA", b"pHYs", b"sRGB", b"tEXt", b"tIME"}


def decode_png(content: bytes) -> np.ndarray | None:
    """Decode a file of 8 bit grey, RGB or RGBA, not interlaced, of up to `MAX_PIXELS`.

    Returns:
        The pixels, uint8 (H, W, 1), RGB or RGBA, not BGR; None for any other file, a damaged one,
        and where kornia-rs is missing. Kornia compares the checksums of the chunks, but not the
        one within the compressed data.
    """
    if kornia is None or not content.startswith(_START) or len(content) < 33:
        return None
    width, height, *form = struct.unpack_from(">IIBB", content, 16)
    name = _FORMS.get(tuple(form))
    plain = name and content[26:29] == _PLAIN and 0 < width * height <= MAX_PIXELS
    if not plain or not _HARMLESS.issuperset(_chunks(content)):
        return None
    try:
        pixels: np.ndarray = kornia.decode_image_png_u8(content, (height, width), name)
    except BaseException as error:  # noqa: BLE001 - nothing more special; a panic is no Exception
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            return None
        raise
    return pixels


def has_whole_chunks(content: bytes) -> bool:
    """Say whether no chunk of a PNG file is longer than the file.

    OpenCV makes room for a chunk of any length before it reads it, up to 4 GB.
    """
    start = 8
    while start + 8 <= len(content):
        length, name = struct.unpack_from(">I4s", content, start)
        start += 8 + length
        if start > len(content):
            return False
        if name == b"IEND":
            return True
        start += 4  # the checksum
    return True


def _chunks(content: bytes) -> Iterator[bytes]:
    """Yield the names of the chunks between header and end; an empty one if they end otherwise.

    Kornia does not look at what follows the data, OpenCV does.
    """
    start = 33
    while start < len(content) - 12:
        length, name = struct.unpack_from(">I4s", content, start)
        yield name
        start += length + 12  # with length, name and checksum
    if content[start:] != b"\0\0\0\0IEND\xaeB`\x82":
        yield b""
