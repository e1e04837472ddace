"""From the content of an image file to its pixels, whatever its format: known by its bytes."""

import os

import cv2
import numpy as np

from ctckit.errors import InputError
from ctckit.image.jpeg import look_at_jpeg
from ctckit.image.kinds import can_read, image_kind
from ctckit.image.orientation import turn_upright
from ctckit.image.png import decode_png, has_whole_chunks
from ctckit.image.sizes import stated_pixels
from ctckit.image.transparency import straight

# OpenCV writes its own lines to stderr about files that it cannot read. We raise instead, and
# name the file. Who asks for those lines by OPENCV_LOG_LEVEL gets them.
if "OPENCV_LOG_LEVEL" not in os.environ:
    getattr(cv2.utils, "logging", cv2).setLogLevel(0)  # its place in OpenCV 5, and in 4

MAX_PIXELS = 2**27  # 400 MB in colour

# Formats read as plain colour: JPEG, so that its EXIF orientation is applied, and BMP, whose
# fourth byte is mostly unused and no transparency.
_PLAIN = ("JPEG", "BMP")


def decode_content(content: bytes, name: str) -> tuple[np.ndarray, str]:
    """Return the pixels as the file holds them, palettes resolved, upright, of the first frame.

    Args:
        content: Of the file.
        name: What messages call it.

    Returns:
        uint8, uint16 or what else the file has, (H, W) or (H, W, C), and the order of the
        colours, "BGR" or "RGB".

    Raises:
        InputError: Says why it cannot be read.
    """
    if not content:
        raise InputError(f"cannot read {name}: the file is empty")
    pixels = decode_png(content)
    if pixels is not None:
        return pixels, "RGB"
    kind = image_kind(content)
    _refuse(content, kind, name)
    pixels = _by_opencv(content, kind, name)
    if kind == "TIFF" and pixels.dtype == np.uint8 and pixels.shape[2:] == (4,):
        pixels = straight(pixels)
    return turn_upright(pixels, content, kind), "BGR"


def require_few_pixels(content: bytes, most: int, name: str) -> None:
    """Refuse an image that states more than `most` pixels, before it is decoded.

    Raises:
        InputError: it does, or what states its size is damaged.
    """
    _refuse(content, image_kind(content), name, most)


def require_image(content: bytes, name: str) -> None:
    """Refuse what is no image at all, such as a key or a list of passwords; not a damaged one.

    Args:
        content: Of the file.
        name: What messages call it.

    Raises:
        InputError: It is in no format that is known by its first bytes.
    """
    if image_kind(content) is None:
        raise InputError(_damaged(None, name))


def _refuse(content: bytes, kind: str | None, name: str, most: int = MAX_PIXELS) -> None:
    """Refuse what OpenCV would read for half, into too much memory, or as a format of no name."""
    num_pixels: int | None = 0
    is_whole = True
    if kind == "JPEG":
        num_pixels, is_whole = look_at_jpeg(content)
    elif kind is not None:
        num_pixels = stated_pixels(content, kind)
        is_whole = kind != "PNG" or has_whole_chunks(content)
    if num_pixels is not None and num_pixels > most:
        raise InputError(
            f"cannot read {name}: expected up to {most:,} pixels, received {num_pixels:,}; "
            "make the image smaller"
        )
    if num_pixels == 0 or not is_whole:  # the versions of OpenCV differ: some fill up with grey
        raise InputError(_damaged(kind, name))


def _by_opencv(content: bytes, kind: str | None, name: str) -> np.ndarray:
    method = cv2.IMREAD_COLOR if kind in _PLAIN else cv2.IMREAD_UNCHANGED
    try:
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), method)
    except cv2.error as error:  # a header that promises an absurd size
        raise InputError(f"{_damaged(kind, name)} ({error.err})") from error
    if pixels is None and kind is not None and not can_read(kind):
        raise InputError(
            f"cannot read {name}: OpenCV {cv2.__version__} as installed has no decoder for {kind}; "
            "save the image as PNG or JPEG"
        )
    if pixels is None:
        raise InputError(_damaged(kind, name))
    return pixels


def _damaged(kind: str | None, name: str) -> str:
    if kind is None:
        return f"cannot read {name}: not an image, or a damaged one"
    return (
        f"cannot read {name}: expected a whole {kind} file, received one that is damaged, cut off "
        "or of a rare kind; copy it again, or save it as PNG"
    )
