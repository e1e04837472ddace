"""Read an image file of any common format into one form: uint8, BGR or grey, opaque."""

import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ctckit.errors import InputError
from ctckit.image.address import read_bytes
from ctckit.image.png import decode_png

# OpenCV writes its own lines to stderr about files that it cannot read. We raise instead, and
# name the file. Who asks for those lines by OPENCV_LOG_LEVEL gets them.
if "OPENCV_LOG_LEVEL" not in os.environ:
    getattr(cv2.utils, "logging", cv2).setLogLevel(0)  # its place in OpenCV 5, and in 4

# Formats read as plain colour: JPEG, so that its EXIF orientation is applied, and BMP, whose
# fourth byte is mostly unused and no transparency.
_PLAIN_FORMATS = (b"\xff\xd8", b"BM")

_CONVERSIONS = {  # from channels found to channels wanted, without transparency
    "BGR": {
        (1, 3): cv2.COLOR_GRAY2BGR, (3, 1): cv2.COLOR_BGR2GRAY,
        (4, 1): cv2.COLOR_BGRA2GRAY, (4, 3): cv2.COLOR_BGRA2BGR,
    },
    "RGB": {
        (1, 3): cv2.COLOR_GRAY2BGR, (3, 1): cv2.COLOR_RGB2GRAY, (3, 3): cv2.COLOR_RGB2BGR,
        (4, 1): cv2.COLOR_RGBA2GRAY, (4, 3): cv2.COLOR_RGBA2BGR,
    },
}  # fmt: skip


class ImageReader:
    """Read an image into a uint8 array (H, W, channels), C-contiguous.

    Three channels are in OpenCV's order BGR, one channel is grey. Palettes are resolved,
    transparency is composed over white, 16 bit are rounded to 8, a JPEG is turned as its EXIF
    orientation says. The values are those of the file otherwise.

    Args:
        channels: 1 for grey, 3 for BGR.

    Raises:
        InputError: `channels` is neither 1 nor 3.
    """

    def __init__(self, channels: int = 3) -> None:
        if channels not in (1, 3):
            raise InputError(f"ImageReader: expected channels 1 or 3, received {channels!r}")
        self.channels = channels

    def __call__(
        self, image: str | Path | bytes | np.ndarray, label: Any
    ) -> tuple[np.ndarray, Any]:
        """Read `image`: an address, the content of a file, or pixels as `cv2.imread` gives them.

        Returns:
            The pixels, uint8 (H, W, channels), and `label` as it came.

        Raises:
            InputError: Names the address and says why it cannot be read.
        """
        name = str(image) if isinstance(image, str | Path) else "the given image"
        pixels, order = (image, "BGR") if isinstance(image, np.ndarray) else _decode(image, name)
        pixels = _to_channels(_to_8_bit(pixels, name), self.channels, order, name)
        return np.ascontiguousarray(pixels), label


def _decode(image: str | Path | bytes, name: str) -> tuple[np.ndarray, str]:
    """Return the pixels as the file holds them, palettes resolved, and the order of colours."""
    # Not cv2.imread: on Windows it opens only names of the system's code page.
    content = image if isinstance(image, bytes) else read_bytes(image)
    if not content:
        raise InputError(f"cannot read {name}: the file is empty")
    pixels = decode_png(content)
    return (_decode_by_opencv(content, name), "BGR") if pixels is None else (pixels, "RGB")


def _decode_by_opencv(content: bytes, name: str) -> np.ndarray:
    plain = content.startswith(_PLAIN_FORMATS)
    method = cv2.IMREAD_COLOR if plain else cv2.IMREAD_UNCHANGED
    try:
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), method)
    except cv2.error as error:  # a header that promises an absurd size
        raise InputError(f"cannot read {name}: {error.err}") from error
    if pixels is None:
        raise InputError(f"cannot read {name}: not an image, or a damaged one")
    return pixels


def _to_8_bit(pixels: np.ndarray, name: str) -> np.ndarray:
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype == np.uint16:
        return cv2.convertScaleAbs(pixels, alpha=1 / 257)  # 65535 → 255, rounded
    raise InputError(f"cannot read {name}: expected 8 or 16 bit a channel, received {pixels.dtype}")


def _to_channels(pixels: np.ndarray, channels: int, order: str, name: str) -> np.ndarray:
    """Return uint8 pixels (H, W), (H, W, 1), BGR or BGRA (or RGB, RGBA) as (H, W, channels)."""
    found = 1 if pixels.ndim == 2 else pixels.shape[-1]
    if pixels.ndim not in (2, 3) or found not in (1, 3, 4) or pixels.size == 0:
        raise InputError(
            f"cannot read {name}: expected 1, 3 or 4 channels, received {pixels.shape}"
        )
    if found == 4 and not _is_opaque(pixels):
        pixels, found = _over_white(pixels), 3
    conversion = _CONVERSIONS[order].get((found, channels))
    if conversion is not None:
        pixels = cv2.cvtColor(pixels, conversion)
    return pixels.reshape(*pixels.shape[:2], channels)


def _is_opaque(pixels: np.ndarray) -> bool:
    """Say whether alpha, the highest byte of each pixel, is 255 everywhere."""
    together = np.bitwise_and.reduce(np.ascontiguousarray(pixels).view("<u4"), axis=None)
    return bool(together >> 24 == 255)


def _over_white(pixels: np.ndarray) -> np.ndarray:
    """Compose uint8 (H, W, 4), alpha last, over white, rounded: uint8 (H, W, 3)."""
    *colors, alpha = cv2.split(pixels)
    white = 255 - alpha
    return cv2.merge([cv2.add(cv2.multiply(c, alpha, scale=1 / 255), white) for c in colors])
