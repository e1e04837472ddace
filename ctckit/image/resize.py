"""Bring an image to the size of the network's input."""

import math
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from ctckit.errors import InputError
from ctckit.image.widths import MAX_OWN_WIDTH, WIDTH_MULTIPLE


class ImageResizer:
    """Bring an image to a fixed size.

    Args:
        width: Of the result, in pixels. Width comes first, as in mltu.
        height: Of the result, in pixels.
        keep_aspect_ratio: Scale until the image fits and centre it on a padding, instead of
            stretching it.
        padding_color: 0…255 for all channels, or one value for each channel (BGR).

    Raises:
        InputError: A size is less than 1, or a padding colour out of range.
    """

    def __init__(
        self,
        width: int,
        height: int,
        keep_aspect_ratio: bool = False,
        padding_color: int | Sequence[int] = 255,
    ) -> None:
        if width < 1 or height < 1:
            raise InputError(
                f"ImageResizer: expected width and height of at least 1, "
                f"received {width} and {height}"
            )
        colors = np.atleast_1d(padding_color)
        if colors.min() < 0 or colors.max() > 255:
            raise InputError(
                f"ImageResizer: expected padding_color in 0…255, received {padding_color}"
            )
        self.width = width
        self.height = height
        self.keep_aspect_ratio = keep_aspect_ratio
        self.padding_color = padding_color

    def __call__(self, image: np.ndarray, label: Any) -> tuple[np.ndarray, Any]:
        """Return `image`, uint8 (H, W, C), as uint8 (height, width, C), and `label` as it came.

        An image that has the size already is returned itself, not a copy.
        """
        if not self.keep_aspect_ratio:
            return _resize(image, self.width, self.height), label
        height, width = image.shape[:2]
        scale = min(self.width / width, self.height / height)
        fitted = _resize(image, max(1, round(width * scale)), max(1, round(height * scale)))
        top, left = (self.height - fitted.shape[0]) // 2, (self.width - fitted.shape[1]) // 2
        return _padded(fitted, self.height, self.width, self.padding_color, top, left), label


class ImageScaler:
    """Bring an image to a fixed height; its width follows, up to a multiple of 8.

    So an image has the same form alone as among others. What the multiple asks for is added at the
    right end, in the padding colour.

    Args:
        height: Of the result, in pixels.
        stretch: Factor of the width, besides that of the height: above 1 where characters are
            narrower than the network can tell apart.
        max_width: Of the result, in pixels, a multiple of 8; what would be wider is squeezed.
        padding_color: 0…255 for all channels.

    Raises:
        InputError: A size is out of its range.
    """

    def __init__(
        self,
        height: int,
        stretch: float = 1.0,
        max_width: int = MAX_OWN_WIDTH,
        padding_color: int = 255,
    ) -> None:
        if height < 1 or not 0 < stretch < math.inf or not _is_width(max_width):
            raise InputError(
                "ImageScaler: expected a height of at least 1, a stretch above 0 and a max_width "
                f"that is a multiple of {WIDTH_MULTIPLE}, received {height}, {stretch} and "
                f"{max_width}"
            )
        self.height = height
        self.stretch = stretch
        self.max_width = max_width
        self.padding_color = padding_color

    def __call__(self, image: np.ndarray, label: Any) -> tuple[np.ndarray, Any]:
        """Return `image`, uint8 (H, W, C), as uint8 (height, own width, C), and `label`."""
        scaled = _resize(image, self._scaled_width(image.shape[:2]), self.height)
        own_width = _rounded_up(scaled.shape[1])
        return _padded(scaled, self.height, own_width, self.padding_color), label

    def own_width(self, size: tuple[int, int]) -> int:
        """Return the width that an image of (height, width) gets, in pixels."""
        return _rounded_up(self._scaled_width(size))

    def _scaled_width(self, size: tuple[int, int]) -> int:
        height, width = size
        exact = round(width * self.height * self.stretch / height)
        return min(max(exact, 1), self.max_width)


def _is_width(pixels: int) -> bool:
    return pixels > 0 and pixels % WIDTH_MULTIPLE == 0


def _rounded_up(pixels: int) -> int:
    return -(-pixels // WIDTH_MULTIPLE) * WIDTH_MULTIPLE


def _padded(
    image: np.ndarray,
    height: int,
    width: int,
    color: int | Sequence[int],
    top: int = 0,
    left: int = 0,
) -> np.ndarray:
    """Put an image, (H, W, C), on a ground of (height, width); np.pad takes ten times as long."""
    if image.shape[:2] == (height, width):
        return image
    padded = np.empty((height, width, image.shape[2]), image.dtype)
    padded[:] = color
    padded[top : top + image.shape[0], left : left + image.shape[1]] = image
    return padded


def _resize(image: np.ndarray, width: int, height: int) -> np.ndarray:
    """Resize to (height, width, C): area average where it shrinks, else linear."""
    old_height, old_width = image.shape[:2]
    if (old_height, old_width) != (height, width):
        shrinks = height < old_height or width < old_width
        method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        image = cv2.resize(image, (width, height), interpolation=method)
    return image.reshape(height, width, -1)  # cv2 drops the axis of a single channel
