"""Cover small parts of the image, as dirt, light and leaves do."""

from typing import NamedTuple

import cv2
import numpy as np

from ctckit.augment.base import Augmentor, check, check_range


class Patch(NamedTuple):
    """A rectangle of one grey level, in pixels; it may reach beyond the image.

    Attributes:
        left: Its first column.
        top: Its first row.
        right: Its last column.
        bottom: Its last row.
        level: Value of all its pixels and channels, 0…255.
    """

    left: int
    top: int
    right: int
    bottom: int
    level: int


class RandomCutout(Augmentor):
    """Cover a few small rectangles, each by a random grey level (DeVries and Taylor, 2017).

    Args:
        random_chance: Probability that the image is changed, 0…1.
        size_range: Sides of the rectangles, as parts of the height of the image, 0…1; sides that
            cover a whole character make a label false.
        max_patches: Most rectangles; one is the least, any number as likely as another.
    """

    def __init__(
        self,
        random_chance: float = 0.5,
        size_range: tuple[float, float] = (0.08, 0.28),
        max_patches: int = 3,
    ) -> None:
        super().__init__(random_chance)
        check_range(self, "size_range", size_range, above=0, below=1)
        check(self, max_patches >= 1, "max_patches of at least 1", max_patches)
        self.size_range = size_range
        self.max_patches = max_patches

    def draw(self, rng: np.random.Generator, shape: tuple[int, int, int]) -> list[Patch]:
        """Draw the rectangles: the middle anywhere in the image, then sides and level."""
        number = rng.integers(1, self.max_patches + 1)
        return [self._patch(parts, shape) for parts in rng.random((number, 5)).tolist()]

    def _patch(self, parts: list[float], shape: tuple[int, int, int]) -> Patch:
        (height, width), (low, high) = shape[:2], self.size_range
        x, y, *sides, level = parts
        across, down = (max(round(height * (low + (high - low) * side)), 1) for side in sides)
        left, top = int(x * width) - across // 2, int(y * height) - down // 2
        return Patch(left, top, left + across - 1, top + down - 1, int(level * 256))

    def apply(self, image: np.ndarray, params: list[Patch]) -> np.ndarray:
        """Return a copy with the rectangles drawn on it, in their order."""
        covered = image.copy()
        for left, top, right, bottom, level in params:
            cv2.rectangle(covered, (left, top), (right, bottom), (level,) * 3, cv2.FILLED)
        return covered
