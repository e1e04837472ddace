"""Bend an image like rubber."""

from typing import NamedTuple

import cv2
import numpy as np

from ctckit.augment.base import Augmentor, check, check_range, in_four_channels


class Displacement(NamedTuple):
    """Where each pixel comes from, relative to its own place, in pixels: float32 (H, W) each."""

    x: np.ndarray
    y: np.ndarray


class RandomElasticTransform(Augmentor):
    """Bend the image by a smooth random field of displacements.

    Args:
        random_chance: Probability that the image is changed, 0…1.
        strength_range: Largest displacement, drawn from this interval, in pixels.
        smoothness: Distance of the random displacements that the field is interpolated
            between, in pixels: about the size of the waves.
    """

    def __init__(
        self,
        random_chance: float = 0.5,
        strength_range: tuple[float, float] = (0.5, 3.0),
        smoothness: float = 16.0,
    ) -> None:
        super().__init__(random_chance)
        check_range(self, "strength_range", strength_range, above=0)
        check(self, smoothness >= 1, "smoothness of at least 1", smoothness)
        self.strength_range = strength_range
        self.smoothness = smoothness

    def draw(self, rng: np.random.Generator, shape: tuple[int, int, int]) -> Displacement:
        """Draw the field: a coarse grid of noise, enlarged, its largest value the strength."""
        height, width = shape[:2]
        grid = (int(height / self.smoothness) + 2, int(width / self.smoothness) + 2, 2)
        noise = rng.random(grid, dtype=np.float32) - np.float32(0.5)
        field = cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
        field *= rng.uniform(*self.strength_range) / np.abs(field).max()
        return Displacement(field[..., 0], field[..., 1])

    def apply(self, image: np.ndarray, params: Displacement) -> np.ndarray:
        """Return the bent image; the border is repeated outside."""
        height, width = image.shape[:2]
        from_x = params.x + np.arange(width, dtype=np.float32)
        from_y = params.y + np.arange(height, dtype=np.float32)[:, None]

        def bend(pixels: np.ndarray) -> np.ndarray:
            border = cv2.BORDER_REPLICATE
            return cv2.remap(pixels, from_x, from_y, cv2.INTER_LINEAR, borderMode=border)

        return in_four_channels(bend, image)
