"""Augmentors that map an image affinely: rotate, shift, scale, shear.

What comes in from outside repeats the border, so that a light background stays light.
"""

import math
from typing import NamedTuple

import cv2
import numpy as np

from ctckit.augment.base import Augmentor, check, check_range, in_four_channels


class Affine(NamedTuple):
    """An affine map about the centre of the image; the defaults change nothing.

    Attributes:
        scale: Factors of width and height.
        shear: Pixels to the right for each pixel down from the centre.
        degrees: Angle of rotation, clockwise.
        shift: Parts of the width and of the height, to the right and down.
    """

    scale: tuple[float, float] = (1.0, 1.0)
    shear: float = 0.0
    degrees: float = 0.0
    shift: tuple[float, float] = (0.0, 0.0)


def warp(image: np.ndarray, affine: Affine) -> np.ndarray:
    """Rotate, then scale and shear, then shift `image`, uint8 (H, W, C), in one interpolation."""
    height, width = image.shape[:2]
    matrix = _matrix(affine, height, width)

    def move(pixels: np.ndarray) -> np.ndarray:
        border = cv2.BORDER_REPLICATE
        return cv2.warpAffine(
            pixels, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=border
        )

    return in_four_channels(move, image)


def _matrix(affine: Affine, height: int, width: int) -> np.ndarray:
    """Return the map of (x, y, 1), in pixels, as float64 (2, 3): stretch @ rotation, then shift.

    Written out in plain numbers, which takes a seventh of the time of NumPy's small matrices.
    """
    (scale_x, scale_y), (shift_x, shift_y) = affine.scale, affine.shift
    angle = math.radians(affine.degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    xx, xy = scale_x * cos + affine.shear * sin, affine.shear * cos - scale_x * sin
    yx, yy = scale_y * sin, scale_y * cos
    x, y = width / 2, height / 2  # the centre stays, but for the shift
    return np.array([
        [xx, xy, x - xx * x - xy * y + shift_x * width],
        [yx, yy, y - yx * x - yy * y + shift_y * height],
    ])  # fmt: skip


class RandomAffine(Augmentor):
    """Rotate, scale, shear and shift in one interpolation.

    Args:
        random_chance: Probability that the image is changed, 0…1.
        rotate_degrees: Largest angle, to either side.
        shift_range: Largest shift as a part of the width and of the height, to either side.
        scale_range: Factors, drawn for width and height each.
        shear_range: Pixels to the side for each pixel down.
        max_cut: Most that is cut off at the left and at the right, at half height, as a part of
            the height; None sets no limit. Without one, whole characters of a long line are cut
            off, which makes its label false.
    """

    def __init__(
        self,
        random_chance: float = 0.5,
        rotate_degrees: float = 3.0,
        shift_range: tuple[float, float] = (0.04, 0.06),
        scale_range: tuple[float, float] = (0.92, 1.08),
        shear_range: tuple[float, float] = (-0.15, 0.15),
        max_cut: float | None = None,
    ) -> None:
        super().__init__(random_chance)
        check(self, 0 <= rotate_degrees <= 180, "rotate_degrees in 0…180", rotate_degrees)
        _check_shift(self, shift_range)
        check_range(self, "scale_range", scale_range, above=0.01)
        check_range(self, "shear_range", shear_range, above=-np.inf)
        check(self, max_cut is None or max_cut >= 0, "max_cut of at least 0, or None", max_cut)
        self.rotate_degrees = rotate_degrees
        self.shift_range = shift_range
        self.scale_range = scale_range
        self.shear_range = shear_range
        self.max_cut = max_cut

    def draw(self, rng: np.random.Generator, shape: tuple[int, int, int]) -> Affine:
        """Draw every part of the map, each uniformly from its range; then mind `max_cut`."""
        scale, shear, angle = self.scale_range, self.shear_range, self.rotate_degrees
        x, y = self.shift_range
        intervals = scale, scale, shear, (-angle, angle), (-x, x), (-y, y)
        parts = rng.random(len(intervals)).tolist()
        scale_x, scale_y, shear, degrees, shift_x, shift_y = (
            low + (high - low) * part for (low, high), part in zip(intervals, parts, strict=True)
        )
        if self.max_cut is not None:
            scale_x, shift_x = _limited(scale_x, shift_x, self.max_cut * shape[0] / shape[1])
        return Affine((scale_x, scale_y), shear, degrees, (shift_x, shift_y))

    def apply(self, image: np.ndarray, params: Affine) -> np.ndarray:
        """Return the mapped image."""
        return warp(image, params)


def _limited(scale: float, shift: float, cut: float) -> tuple[float, float]:
    """Return scale and shift of the width, less where more than `cut`, a part of it, is lost."""
    scale = min(scale, 1 + 2 * cut)
    room = cut - (scale - 1) / 2
    return scale, min(max(shift, -room), room)


class RandomRotate(Augmentor):
    """Rotate about the centre; the size stays.

    Args:
        random_chance: Probability that the image is changed, 0…1.
        angle: Largest angle in degrees, to either side.
    """

    def __init__(self, random_chance: float = 0.5, angle: float = 5.0) -> None:
        super().__init__(random_chance)
        check(self, 0 <= angle <= 180, "angle in 0…180", angle)
        self.angle = angle

    def draw(self, rng: np.random.Generator, shape: tuple[int, int, int]) -> Affine:
        """Draw the angle."""
        return Affine(degrees=rng.uniform(-self.angle, self.angle))

    def apply(self, image: np.ndarray, params: Affine) -> np.ndarray:
        """Return the rotated image."""
        return warp(image, params)


class RandomShift(Augmentor):
    """Shift to the side, up or down.

    Args:
        random_chance: Probability that the image is changed, 0…1.
        shift_range: Largest shift as a part of the width and of the height, to either side.
    """

    def __init__(
        self, random_chance: float = 0.5, shift_range: tuple[float, float] = (0.04, 0.06)
    ) -> None:
        super().__init__(random_chance)
        _check_shift(self, shift_range)
        self.shift_range = shift_range

    def draw(self, rng: np.random.Generator, shape: tuple[int, int, int]) -> Affine:
        """Draw the shift, sideways and down apart from each other."""
        x, y = rng.uniform(-1, 1, 2) * self.shift_range
        return Affine(shift=(x, y))

    def apply(self, image: np.ndarray, params: Affine) -> np.ndarray:
        """Return the shifted image."""
        return warp(image, params)


class RandomScale(Augmentor):
    """Stretch or shrink about the centre; the size of the image stays.

    Args:
        random_chance: Probability that the image is changed, 0…1.
        scale_range: Factors, drawn for width and height each.
    """

    def __init__(
        self, random_chance: float = 0.5, scale_range: tuple[float, float] = (0.92, 1.08)
    ) -> None:
        super().__init__(random_chance)
        check_range(self, "scale_range", scale_range, above=0.01)
        self.scale_range = scale_range

    def draw(self, rng: np.random.Generator, shape: tuple[int, int, int]) -> Affine:
        """Draw the factors of width and height."""
        x, y = rng.uniform(*self.scale_range, 2)
        return Affine(scale=(x, y))

    def apply(self, image: np.ndarray, params: Affine) -> np.ndarray:
        """Return the scaled image."""
        return warp(image, params)


class RandomShear(Augmentor):
    """Slant to the left or right, like italics.

    Args:
        random_chance: Probability that the image is changed, 0…1.
        shear_range: Pixels to the side for each pixel down.
    """

    def __init__(
        self, random_chance: float = 0.5, shear_range: tuple[float, float] = (-0.15, 0.15)
    ) -> None:
        super().__init__(random_chance)
        check_range(self, "shear_range", shear_range, above=-np.inf)
        self.shear_range = shear_range

    def draw(self, rng: np.random.Generator, shape: tuple[int, int, int]) -> Affine:
        """Draw the slant."""
        return Affine(shear=rng.uniform(*self.shear_range))

    def apply(self, image: np.ndarray, params: Affine) -> np.ndarray:
        """Return the slanted image."""
        return warp(image, params)


def _check_shift(owner: Augmentor, shift_range: tuple[float, float]) -> None:
    valid = len(shift_range) == 2 and all(0 <= part <= 1 for part in shift_range)
    check(owner, valid, "shift_range as two parts in 0…1 (of width, of height)", shift_range)
