"""Make strokes bolder or thinner."""

from typing import NamedTuple

import cv2
import numpy as np

from ctckit.augment.base import Augmentor, check, check_range


class Spread(NamedTuple):
    """Which pixels spread, and how far.

    Attributes:
        dark: The dark ones spread, else the light ones.
        amount: Share of the changed image in the result, 0…1.
    """

    dark: bool
    amount: float = 1.0


class RandomErodeDilate(Augmentor):
    """Spread the dark pixels or the light ones, one as likely as the other: bolder or thinner.

    Args:
        random_chance: Probability that the image is changed, 0…1.
        kernel_size: Rows and columns of the neighbourhood, in pixels. (1, 1), mltu's default,
            would change nothing and is refused.
        amount_range: Share of the changed image in the result, 0…1. Below 1 a stroke thinner than
            the neighbourhood grows paler where it would vanish.
    """

    def __init__(
        self,
        random_chance: float = 0.5,
        kernel_size: tuple[int, int] = (2, 2),
        amount_range: tuple[float, float] = (1.0, 1.0),
    ) -> None:
        super().__init__(random_chance)
        valid = len(kernel_size) == 2 and min(kernel_size) >= 1 and max(kernel_size) > 1
        check(self, valid, "kernel_size of at least (1, 2) or (2, 1)", kernel_size)
        check_range(self, "amount_range", amount_range, above=0, below=1)
        self.kernel_size = kernel_size
        self.amount_range = amount_range

    def draw(self, rng: np.random.Generator, shape: tuple[int, int, int]) -> Spread:
        """Draw whether dark pixels spread (erode) or light ones (dilate), and the share."""
        part, (low, high) = rng.random(), self.amount_range
        return Spread(part < 0.5, low + (high - low) * (2 * part % 1))

    def apply(self, image: np.ndarray, params: Spread) -> np.ndarray:
        """Return the image eroded or dilated, mixed with what it was."""
        kernel = np.ones(self.kernel_size, np.uint8)
        changed = cv2.erode(image, kernel) if params.dark else cv2.dilate(image, kernel)
        if params.amount == 1:
            return changed
        return cv2.addWeighted(changed, params.amount, image, 1 - params.amount, 0)
