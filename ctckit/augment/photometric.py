"""Augmentors that change values where they are: brightness, stroke width, sharpness, noise."""

import cv2
import numpy as np

from ctckit.augment.base import Augmentor, check, check_range


class RandomBrightness(Augmentor):
    """Multiply brightness by a factor; in colour images the saturation, too, as mltu does.

    Args:
        random_chance: Probability that the image is changed, 0…1.
        delta: The factor lies within 1 - delta/255 … 1 + delta/255; 0…255.
    """

    def __init__(self, random_chance: float = 0.5, delta: float = 100) -> None:
        super().__init__(random_chance)
        check(self, 0 <= delta <= 255, "delta in 0…255", delta)
        self.delta = delta

    def draw(self, rng: np.random.Generator, shape: tuple[int, int, int]) -> float:
        """Draw the factor."""
        return 1 + rng.uniform(-self.delta, self.delta) / 255

    def apply(self, image: np.ndarray, params: float) -> np.ndarray:
        """Return the image, brighter or darker by the factor `params`."""
        if image.shape[-1] == 1 or _is_grey(image):
            return cv2.convertScaleAbs(image, alpha=params)  # rounds, and clips at 255
        hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV)
        scaled = cv2.convertScaleAbs(hsv, alpha=params)
        scaled[..., 0] = hsv[..., 0]  # hue stays
        return cv2.cvtColor(scaled, cv2.COLOR_HSV2BGR)


def _is_grey(image: np.ndarray) -> bool:
    """Say whether the three channels are equal; it takes a fifth of the way through HSV."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    return cv2.norm(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), image, cv2.NORM_INF) == 0


class RandomErodeDilate(Augmentor):
    """Spread the dark pixels or the light ones, one as likely as the other: bolder or thinner.

    Args:
        random_chance: Probability that the image is changed, 0…1.
        kernel_size: Rows and columns of the neighbourhood, in pixels. (1, 1), mltu's default,
            would change nothing and is refused.
    """

    def __init__(self, random_chance: float = 0.5, kernel_size: tuple[int, int] = (2, 2)) -> None:
        super().__init__(random_chance)
        valid = len(kernel_size) == 2 and min(kernel_size) >= 1 and max(kernel_size) > 1
        check(self, valid, "kernel_size of at least (1, 2) or (2, 1)", kernel_size)
        self.kernel_size = kernel_size

    def draw(self, rng: np.random.Generator, shape: tuple[int, int, int]) -> bool:
        """Draw whether dark pixels spread (erode) or light ones (dilate)."""
        return bool(rng.random() < 0.5)

    def apply(self, image: np.ndarray, params: bool) -> np.ndarray:
        """Return the image eroded if `params` is true, else dilated."""
        kernel = np.ones(self.kernel_size, np.uint8)
        return cv2.erode(image, kernel) if params else cv2.dilate(image, kernel)


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
        return rng.standard_normal(shape, dtype=np.float32) * sigma

    def apply(self, image: np.ndarray, params: np.ndarray) -> np.ndarray:
        """Return the image plus the noise `params`, rounded and clipped to 0…255."""
        return cv2.add(image, params, dtype=cv2.CV_8U)


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
