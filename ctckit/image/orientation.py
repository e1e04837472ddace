"""Turn an image as the EXIF data in its file say that it is to be viewed."""

import struct
from collections.abc import Callable, Iterator

import numpy as np

_TAG = 0x0112

# From what the tag says to what shows the image upright; 1 leaves it as it is.
_TURNS: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: pixels[::-1, ::-1].swapaxes(0, 1),
    8: lambda pixels: np.rot90(pixels),
}


def turn_upright(pixels: np.ndarray, content: bytes, kind: str | None) -> np.ndarray:
    """Return `pixels` (H, W) or (H, W, C), turned if `content` is a PNG or WebP that says so.

    A JPEG and a TIFF are turned by OpenCV already, in all its versions as they are read here.
    """
    if kind == "PNG" and b"eXIf" in content:
        chunks, wanted = _png_chunks(content), b"eXIf"
    elif kind == "WebP" and b"EXIF" in content:
        chunks, wanted = _webp_chunks(content), b"EXIF"
    else:
        return pixels
    exif = next((data for name, data in chunks if name == wanted), b"")
    turn = _TURNS.get(_orientation(exif.removeprefix(b"Exif\0\0")))
    return pixels if turn is None else turn(pixels)


def _png_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    start = 8
    while start + 8 <= len(content):
        length, name = struct.unpack_from(">I4s", content, start)
        yield name, content[start + 8 : start + 8 + length]
        start += length + 12  # with length, name and checksum


def _webp_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    start = 12
    while start + 8 <= len(content):
        name, length = struct.unpack_from("<4sI", content, start)
        yield name, content[start + 8 : start + 8 + length]
        start += 8 + length + length % 2


def _orientation(exif: bytes) -> int:
    """Return what the first directory of EXIF data says, a TIFF without image; 1 if nothing."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, start)
        entries = (
            struct.unpack_from(f"{order}HHIH", exif, start + 2 + 12 * i) for i in range(count)
        )
        return next((value for tag, _, _, value in entries if tag == _TAG), 1)
    except struct.error:  # it ends too early
        return 1
