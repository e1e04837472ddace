"""Noise of a camera."""

from statistics import NormalDist

import cv2
import numpy as np

from ctckit.augment.base import Augmentor, check_range

# The middles of 256 equally likely parts of the normal distribution: to look a random byte up
# takes a quarter of the time of drawing from the distribution itself.
_NORMAL = np.array([NormalDist().inv_cdf((byte + 0.5) / 256) for byte in range(256)], np.float32)


class RandomNoise(Augmentor):
    """Add Gaussian noise, another value for every pixel and channel.

    Args:
        random_chance: Probability that the image is changed, 0…1.
        sigma_range: Standard deviation, drawn from this interval, in grey levels (of 255).
    """

    def __init__(
        self, random_chance: float = 0.5, sigma_range: tuple[float, float] = (2.0, 15.0)
    ) -> None:
        super().__init__(random_chance)
        check_range(self, "sigma_range", sigma_range, above=0)
        self.sigma_range = sigma_range

    def draw(self, rng: np.random.Generator, shape: tuple[int, int, int]) -> np.ndarray:
        """Draw the noise: float32 of `shape`."""
        sigma = np.float32(rng.uniform(*self.sigma_range))
        return cv2.LUT(rng.integers(0, 256, shape, np.uint8), _NORMAL * sigma)

    def apply(self, image: np.ndarray, params: np.ndarray) -> np.ndarray:
        """Return the image plus the noise `params`, rounded and clipped to 0…255."""
        return cv2.add(image, params, dtype=cv2.CV_8U)
