"""Bend an image like rubber, by a smooth random field of displacements (Simard et al., 2003)."""

from typing import NamedTuple

import cv2
import numpy as np

from ctckit.augment.base import Augmentor, check, check_range, in_four_channels


class Displacement(NamedTuple):
    """Where each pixel comes from, relative to its own place, in pixels: float32 (H, W) each."""

    x: np.ndarray
    y: np.ndarray


class RandomElastic(Augmentor):
    """Bend the image, the higher it is, the further: as hands and paper vary.

    Args:
        random_chance: Probability that the image is changed, 0…1.
        amount_range: Largest displacement, drawn from this interval, as a part of the height.
        cells: Waves that the height has room for: how many cells of the grid of random
            displacements that the field is interpolated between. They are as wide as high.
    """

    def __init__(
        self,
        random_chance: float = 0.5,
        amount_range: tuple[float, float] = (0.03, 0.07),
        cells: int = 3,
    ) -> None:
        super().__init__(random_chance)
        check_range(self, "amount_range", amount_range, above=0, below=1)
        check(self, cells >= 1, "cells of at least 1", cells)
        self.amount_range = amount_range
        self.cells = cells

    def draw(self, rng: np.random.Generator, shape: tuple[int, int, int]) -> Displacement:
        """Draw the field for an image of `shape` (H, W, C)."""
        height, width = shape[:2]
        grid = (self.cells + 1, round(self.cells * width / height) + 1)
        low, high = self.amount_range
        return _draw_field(rng, shape, grid, (low * height, high * height))

    def apply(self, image: np.ndarray, params: Displacement) -> np.ndarray:
        """Return the bent image; the border is repeated outside."""
        return bend(image, params)


class RandomElasticTransform(Augmentor):
    """Bend the image as `RandomElastic` does, but in pixels, whatever its height.

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
        """Draw the field for an image of `shape` (H, W, C)."""
        height, width = shape[:2]
        grid = (int(height / self.smoothness) + 2, int(width / self.smoothness) + 2)
        return _draw_field(rng, shape, grid, self.strength_range)

    def apply(self, image: np.ndarray, params: Displacement) -> np.ndarray:
        """Return the bent image; the border is repeated outside."""
        return bend(image, params)


def bend(image: np.ndarray, displacement: Displacement) -> np.ndarray:
    """Return `image`, uint8 (H, W, C), each pixel taken from its displaced place."""
    height, width = image.shape[:2]
    from_x = displacement.x + np.arange(width, dtype=np.float32)
    from_y = displacement.y + np.arange(height, dtype=np.float32)[:, None]

    def take(pixels: np.ndarray) -> np.ndarray:
        border = cv2.BORDER_REPLICATE
        return cv2.remap(pixels, from_x, from_y, cv2.INTER_LINEAR, borderMode=border)

    return in_four_channels(take, image)


def _draw_field(
    rng: np.random.Generator,
    shape: tuple[int, int, int],
    grid: tuple[int, int],
    strength_range: tuple[float, float],
) -> Displacement:
    """Draw a coarse grid of noise and enlarge it; its largest value is the strength, in pixels."""
    height, width = shape[:2]
    noise = rng.random((*grid, 2), dtype=np.float32) - np.float32(0.5)
    field = cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    field *= rng.uniform(*strength_range) / np.abs(field).max()
    return Displacement(field[..., 0], field[..., 1])
