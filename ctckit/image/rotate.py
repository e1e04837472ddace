"""Turn images whose text does not run from left to right."""

from typing import Any

import numpy as np

from ctckit.errors import InputError

ROTATIONS = ("90", "270", "auto")


class ImageRotator:
    """Turn an image by a quarter.

    Args:
        rotate: "90" turns clockwise, for text that runs from the bottom to the top; "270" turns
            counter-clockwise, for text that runs from the top to the bottom; "auto" turns images
            that are higher than wide as "270" does, so that what is at the top comes first, and
            leaves the others.

    Raises:
        InputError: `rotate` is another one.
    """

    def __init__(self, rotate: str) -> None:
        if rotate not in ROTATIONS:
            raise InputError(
                f"ImageRotator: expected one of {', '.join(ROTATIONS)}, received {rotate!r}"
            )
        self.rotate = rotate

    def __call__(self, image: np.ndarray, label: Any) -> tuple[np.ndarray, Any]:
        """Return `image`, uint8 (H, W, C), as uint8 (W, H, C), C-contiguous, if it is turned.

        An image that stays as it is is returned itself; `label` as it came.
        """
        height, width = image.shape[:2]
        if not _turns(height, width, self.rotate):
            return image, label
        return np.ascontiguousarray(np.rot90(image, -1 if self.rotate == "90" else 1)), label


def turned_size(size: tuple[int, int], rotate: str | None) -> tuple[int, int]:
    """Return the (height, width) of an image after `ImageRotator`.

    >>> turned_size((90, 30), "auto"), turned_size((30, 90), "auto")
    ((30, 90), (30, 90))
    """
    height, width = size
    return (width, height) if _turns(height, width, rotate) else size


def _turns(height: int, width: int, rotate: str | None) -> bool:
    return rotate in ("90", "270") or (rotate == "auto" and height > width)
