"""How many pixels an image file says that it has, so that none is decoded into too much memory.

OpenCV makes room for an image before it looks at the data, and so a few bytes can ask for
gigabytes.
"""

import re
import struct
from collections.abc import Callable, Iterator

_PNM = re.compile(rb"P[1-6](?:\s|#[^\r\n]*[\r\n])+(\d{1,9})(?:\s|#[^\r\n]*[\r\n])+(\d{1,9})(?!\d)")
_AVIF_SIZE = re.compile(rb"ispe.{4}(.{8})", re.DOTALL)  # of each picture in the file
_JPEG_2000_SIZE = re.compile(rb"\xff\x4f\xff\x51.{4}(.{16})", re.DOTALL)

_TIFF_SIZES = ((256, 257), (322, 323))  # tags of width and height, of the image and of a tile
_TIFF_TYPES = {1: 1, 3: 2, 4: 4, 6: 1, 8: 2, 9: 4, 16: 8, 17: 8}  # whole numbers, and their bytes


def stated_pixels(content: bytes, kind: str) -> int | None:
    """Return how many pixels a file states, the most where it states several sizes.

    Args:
        content: Of the file.
        kind: Of `image_kind`; not JPEG, which `look_at_jpeg` reads.

    Returns:
        None where the format is none of those read here; 0 where no size can be found.
    """
    sizes = _SIZES.get(kind)
    if sizes is None:
        return None
    try:
        return max((abs(width * height) for width, height in sizes(content)), default=0)
    except (struct.error, OverflowError):  # it ends before what it leads to
        return 0


def _png(content: bytes) -> Iterator[tuple[int, int]]:
    yield struct.unpack_from(">II", content, 16)


def _gif(content: bytes) -> Iterator[tuple[int, int]]:
    yield struct.unpack_from("<HH", content, 6)


def _bmp(content: bytes) -> Iterator[tuple[int, int]]:
    yield struct.unpack_from("<HH" if content[14] == 12 else "<ii", content, 18)


def _webp(content: bytes) -> Iterator[tuple[int, int]]:
    form = content[12:16]
    if form == b"VP8 ":
        width, height = struct.unpack_from("<HH", content, 26)
        yield width & 0x3FFF, height & 0x3FFF
    elif form == b"VP8L":
        (bits,) = struct.unpack_from("<I", content, 21)
        yield (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif form == b"VP8X" and len(content) >= 30:
        yield _whole(content[24:27], "<") + 1, _whole(content[27:30], "<") + 1


def _pnm(content: bytes) -> Iterator[tuple[int, int]]:
    if found := _PNM.match(content):
        yield int(found[1]), int(found[2])


def _avif(content: bytes) -> Iterator[tuple[int, int]]:
    for found in _AVIF_SIZE.finditer(content):
        yield struct.unpack(">II", found[1])


def _jpeg_2000(content: bytes) -> Iterator[tuple[int, int]]:
    for found in _JPEG_2000_SIZE.finditer(content):
        right, bottom, left, top = struct.unpack(">IIII", found[1])
        yield right - left, bottom - top


def _tiff(content: bytes) -> Iterator[tuple[int, int]]:
    """Yield the sizes in the first directory of a TIFF or a BigTIFF, the only one that is read."""
    order = "<" if content[:2] == b"II" else ">"
    big = b"+" in content[2:4]
    (start,) = struct.unpack_from(f"{order}{'Q' if big else 'I'}", content, 8 if big else 4)
    (count,) = struct.unpack_from(f"{order}{'Q' if big else 'H'}", content, start)
    found: dict[int, int] = {}
    for tag, value in _tiff_entries(content, start + (8 if big else 2), count, order, big=big):
        found[tag] = max(value, found.get(tag, 0))
    for width, height in _TIFF_SIZES:
        if width in found and height in found:
            yield found[width], found[height]


def _tiff_entries(
    content: bytes, start: int, count: int, order: str, *, big: bool
) -> Iterator[tuple[int, int]]:
    """Yield tag and first value of the entries that hold whole numbers."""
    step, room = (20, 8) if big else (12, 4)
    for place in range(start, min(start + count * step, len(content) - step + 1), step):
        tag, kind = struct.unpack_from(f"{order}HH", content, place)
        size = _TIFF_TYPES.get(kind, 0)
        at = place + step - room
        if size > room:
            at = _whole(content[at : at + room], order)
        yield tag, _whole(content[at : at + size], order)


def _whole(content: bytes, order: str) -> int:
    return int.from_bytes(content, "little" if order == "<" else "big")


_SIZES: dict[str, Callable[[bytes], Iterator[tuple[int, int]]]] = {
    "PNG": _png, "GIF": _gif, "BMP": _bmp, "WebP": _webp, "PNM": _pnm, "AVIF": _avif,
    "JPEG 2000": _jpeg_2000, "TIFF": _tiff,
}  # fmt: skip
