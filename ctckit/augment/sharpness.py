"""Augmentors of sharpness: sharper, blurred, of a lower resolution."""

import cv2
import numpy as np

from ctckit.augment.base import Augmentor, check, check_range


class RandomSharpen(Augmentor):
    """Sharpen by a 3×3 kernel, and brighten or darken a little with it.

    Args:
        random_chance: Probability that the image is changed, 0…1.
        alpha: Least share of the sharpened image in the result, 0…1; the most is 1.
        lightness_range: Sum of the sharpening kernel: 1 keeps the brightness of plain areas.
    """

    def __init__(
        self,
        random_chance: float = 0.5,
        alpha: float = 0.25,
        lightness_range: tuple[float, float] = (0.75, 2.0),
    ) -> None:
        super().__init__(random_chance)
        check(self, 0 <= alpha <= 1, "alpha in 0…1", alpha)
        check_range(self, "lightness_range", lightness_range, above=0)
        self.alpha = alpha
        self.lightness_range = lightness_range

    def draw(self, rng: np.random.Generator, shape: tuple[int, int, int]) -> np.ndarray:
        """Draw lightness and share and return the kernel made of them: float32 (3, 3)."""
        lightness = rng.uniform(*self.lightness_range)
        alpha = rng.uniform(self.alpha, 1.0)
        kernel = np.full((3, 3), -alpha, np.float32)
        kernel[1, 1] = (1 - alpha) + alpha * (8 + lightness)
        return kernel

    def apply(self, image: np.ndarray, params: np.ndarray) -> np.ndarray:
        """Return the image filtered by the kernel `params`."""
        return cv2.filter2D(image, -1, params)


class RandomBlur(Augmentor):
    """Blur by a Gaussian.

    Args:
        random_chance: Probability that the image is changed, 0…1.
        sigma_range: Standard deviation, drawn from this interval, in pixels.
    """

    def __init__(
        self, random_chance: float = 0.5, sigma_range: tuple[float, float] = (0.3, 1.2)
    ) -> None:
        super().__init__(random_chance)
        check_range(self, "sigma_range", sigma_range, above=0.01)
        self.sigma_range = sigma_range

    def draw(self, rng: np.random.Generator, shape: tuple[int, int, int]) -> float:
        """Draw the standard deviation."""
        return rng.uniform(*self.sigma_range)

    def apply(self, image: np.ndarray, params: float) -> np.ndarray:
        """Return the image blurred with the standard deviation `params`."""
        return cv2.GaussianBlur(image, (0, 0), params)


class RandomDownscale(Augmentor):
    """Make the image smaller and enlarge it again: fewer pixels for each character.

    Args:
        random_chance: Probability that the image is changed, 0…1.
        scale_range: Factor of height and width in between, 0.01…1.
        min_height: Least height in between, in pixels, as smaller characters cannot be told
            apart. Images that are no higher stay as they are.
    """

    def __init__(
        self,
        random_chance: float = 0.5,
        scale_range: tuple[float, float] = (0.4, 0.8),
        min_height: int = 16,
    ) -> None:
        super().__init__(random_chance)
        check_range(self, "scale_range", scale_range, above=0.01, below=1)
        check(self, min_height >= 1, "min_height of at least 1", min_height)
        self.scale_range = scale_range
        self.min_height = min_height

    def draw(self, rng: np.random.Generator, shape: tuple[int, int, int]) -> tuple[int, int]:
        """Draw the factor and return the height and width in between."""
        height, width = shape[:2]
        scale = max(rng.uniform(*self.scale_range), min(self.min_height / height, 1))
        return max(round(height * scale), 1), max(round(width * scale), 1)

    def apply(self, image: np.ndarray, params: tuple[int, int]) -> np.ndarray:
        """Return the image by way of `params`, height and width."""
        height, width = image.shape[:2]
        small = cv2.resize(image, params[::-1], interpolation=cv2.INTER_AREA)
        return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
