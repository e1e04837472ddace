"""Read an image file of any common format into one form: uint8, BGR or grey, opaque, upright."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ctckit.errors import InputError
from ctckit.image.address import read_bytes
from ctckit.image.content import decode_content
from ctckit.image.transparency import compose, is_opaque

DEPTHS = (8, 10, 12, 16)  # bits that a channel of 16 may hold
LUMA = np.array([0.114, 0.587, 0.299], np.float32)  # shares of BGR in grey (Rec. 601)

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

    Three channels are in OpenCV's order BGR, one channel is grey. The format is known by the
    content; of several frames the first is read. Palettes are resolved. JPEG, PNG, WebP and TIFF
    are turned as their EXIF orientation says. The values are those of the file otherwise, but:

    - Transparency is composed over white; over black where white would hide what is drawn,
      such as white letters. See `ctckit.image.transparency.compose`.
    - 16 bit are rounded to 8. Cameras and scanners put 10 or 12 bits into files of 16: the
      largest value of an image tells whether it has 8, 10, 12 or 16 bits, and the greatest value
      that these can hold becomes 255.

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
    """Return the pixels as the file holds them, and the order of the colours."""
    # Not cv2.imread: on Windows it opens only names of the system's code page.
    return decode_content(image if isinstance(image, bytes) else read_bytes(image), name)


def _to_8_bit(pixels: np.ndarray, name: str) -> np.ndarray:
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype != np.uint16:
        raise InputError(
            f"cannot read {name}: expected 8 or 16 bit a channel, received {pixels.dtype}"
        )
    if pixels.shape[2:] == (4,) and pixels.size and pixels[..., 3].min() == 65535:
        pixels = pixels[..., :3]  # alpha says nothing, not of the depth either
    depth = next(bits for bits in DEPTHS if pixels.max(initial=0) < 2**bits)
    return cv2.convertScaleAbs(pixels, alpha=255 / (2**depth - 1))  # the greatest → 255, rounded


def _to_channels(pixels: np.ndarray, channels: int, order: str, name: str) -> np.ndarray:
    """Return uint8 pixels (H, W), (H, W, 1), BGR or BGRA (or RGB, RGBA) as (H, W, channels)."""
    found = 1 if pixels.ndim == 2 else pixels.shape[-1]
    if pixels.ndim not in (2, 3) or found not in (1, 3, 4) or pixels.size == 0:
        raise InputError(
            f"cannot read {name}: expected 1, 3 or 4 channels, received {pixels.shape}"
        )
    if found == 4 and not is_opaque(pixels):
        pixels, found = compose(pixels), 3
    conversion = _CONVERSIONS[order].get((found, channels))
    if conversion is not None:
        pixels = cv2.cvtColor(pixels, conversion)
    return pixels.reshape(*pixels.shape[:2], channels)
