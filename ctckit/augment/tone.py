"""Augmentors of light and dark: brightness, contrast, gamma, inversion."""

import math
from typing import NamedTuple

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


class Tone(NamedTuple):
    """A curve of grey levels; the defaults change nothing.

    Attributes:
        gamma: Exponent of the levels as parts of 255: above 1 darker, below 1 lighter.
        contrast: Factor of the distance from the mean.
        brightness: Added then, in grey levels; less where most of the image would leave 0…255.
        inverted: Whether dark becomes light.
    """

    gamma: float = 1.0
    contrast: float = 1.0
    brightness: float = 0.0
    inverted: bool = False


class RandomTone(Augmentor):
    """Change gamma, contrast and brightness, all channels alike, as light and cameras do.

    Args:
        random_chance: Probability that the image is changed, 0…1.
        gamma_range: Exponent of the levels, at least 0.1; 0.5 is as likely as 2.
        contrast_range: Factor of the distance from the mean of the image.
        brightness_range: What is added then, in grey levels (of 255); less where most of the image
            would become black or white.
        invert_chance: Probability that a changed image is inverted besides, 0…1: for texts that
            come dark on light and light on dark.
    """

    def __init__(
        self,
        random_chance: float = 0.5,
        gamma_range: tuple[float, float] = (0.67, 1.5),
        contrast_range: tuple[float, float] = (0.6, 1.4),
        brightness_range: tuple[float, float] = (-40.0, 40.0),
        invert_chance: float = 0.0,
    ) -> None:
        super().__init__(random_chance)
        check_range(self, "gamma_range", gamma_range, above=0.1)
        check_range(self, "contrast_range", contrast_range, above=0)
        check_range(self, "brightness_range", brightness_range, above=-255, below=255)
        check(self, 0 <= invert_chance <= 1, "invert_chance in 0…1", invert_chance)
        self.gamma_range = gamma_range
        self.contrast_range = contrast_range
        self.brightness_range = brightness_range
        self.invert_chance = invert_chance

    def draw(self, rng: np.random.Generator, shape: tuple[int, int, int]) -> Tone:
        """Draw the parts of the curve, each from its range, the exponent by its logarithm."""
        low, high = self.gamma_range
        gamma = math.exp(rng.uniform(math.log(low), math.log(high)))
        contrast, brightness = (
            rng.uniform(*self.contrast_range),
            rng.uniform(*self.brightness_range),
        )
        return Tone(gamma, contrast, brightness, bool(rng.random() < self.invert_chance))

    def apply(self, image: np.ndarray, params: Tone) -> np.ndarray:
        """Return the image with each of its levels replaced by that of the curve."""
        mean, deviation = cv2.meanStdDev(image.reshape(len(image), -1))
        return cv2.LUT(image, _curve(params, mean.item(), deviation.item()))


def _curve(tone: Tone, mean: float, deviation: float) -> np.ndarray:
    """Return what becomes of each grey level in such an image: uint8 (256,).

    Most of the image stays within 0…255: black on almost black must not become all black.
    """
    levels = 255 * np.linspace(0, 1, 256) ** tone.gamma
    spread = np.array([-2, 0, 2]) * deviation
    low, middle, high = (mean + spread).round().clip(0, 255).astype(int)
    levels = (levels - levels[middle]) * tone.contrast + levels[middle]
    most_darker, most_lighter = min(-levels[low], 0), max(255 - levels[high], 0)
    levels += min(max(tone.brightness, most_darker), most_lighter)
    curve: np.ndarray = levels.round().clip(0, 255).astype(np.uint8)
    return ~curve if tone.inverted else curve
