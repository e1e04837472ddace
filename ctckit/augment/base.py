"""What all augmentors share: draw the parameters first, then apply a pure function of them."""

import inspect
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from ctckit.errors import InputError
from ctckit.image.steps import Step


class Augmentor(ABC):
    """Change a training image at random: `(image, label, rng) -> (image, label)`.

    Images are uint8 (H, W, C), C is 1 or 3 (BGR). Shape and dtype stay, and the image that is
    passed in is never written to. The same generator state gives the same result.

    Args:
        random_chance: Probability that the image is changed, 0…1.

    Raises:
        InputError: An argument is out of its range.
    """

    def __init__(self, random_chance: float = 0.5) -> None:
        check(self, 0 <= random_chance <= 1, "random_chance in 0…1", random_chance)
        self.random_chance = random_chance

    def __call__(
        self, image: np.ndarray, label: Any, rng: np.random.Generator
    ) -> tuple[np.ndarray, Any]:
        """Return `image`, changed or not, and `label` as it came."""
        if rng.random() >= self.random_chance:
            return image, label
        changed = self.apply(image, self.draw(rng, image.shape))
        return changed.reshape(image.shape), label  # cv2 drops the axis of a single channel

    @abstractmethod
    def draw(self, rng: np.random.Generator, shape: tuple[int, int, int]) -> Any:
        """Draw the parameters of one change for an image of `shape` (H, W, C)."""

    @abstractmethod
    def apply(self, image: np.ndarray, params: Any) -> np.ndarray:
        """Return a new image: `image`, uint8 (H, W, C), changed by what `draw` returned."""


def in_four_channels(change: Callable[[np.ndarray], np.ndarray], image: np.ndarray) -> np.ndarray:
    """Return `change(image)`, BGR passed through as BGRA: OpenCV 5 warps it in 60 % of the time.

    Args:
        change: Treats every channel alike.
        image: uint8 (H, W, C), C is 1 or 3.
    """
    if image.shape[-1] == 1:
        return change(image)
    return cv2.cvtColor(change(cv2.cvtColor(image, cv2.COLOR_BGR2BGRA)), cv2.COLOR_BGRA2BGR)


def check(owner: object, holds: bool, expected: str, received: object) -> None:
    """Raise InputError with the name of `owner`'s class unless the condition holds."""
    if not holds:
        raise InputError(
            f"{type(owner).__name__}: expected {expected}, received {received!r}; correct it"
        )


def check_range(
    owner: object,
    name: str,
    interval: tuple[float, float],
    *,
    above: float,
    below: float = sys.float_info.max,
) -> None:
    """Raise InputError unless `interval` is (low, high) with above ≤ low ≤ high ≤ below."""
    ordered = len(interval) == 2 and above <= interval[0] <= interval[1] <= below
    limit = "" if above == -np.inf else f", at least {above:g}"
    limit += f", at most {below:g}" if below < sys.float_info.max else ""
    check(owner, ordered, f"{name} as (low, high){limit}", interval)


AugmentorLike = Callable[[np.ndarray, Any, np.random.Generator], tuple[np.ndarray, Any]]


def as_augmentor(function: Callable[..., Any]) -> AugmentorLike:
    """Return `function` in the form `(image, label, rng)`; two arguments are enough.

    A function of two arguments has no access to the seeded generator: what it draws is not
    repeatable unless it does not draw at all.
    """
    if isinstance(function, Augmentor) or _accepts(function, 3):
        return function
    if _accepts(function, 2):
        return _WithoutGenerator(function)
    raise InputError(
        f"augmentors: expected one called as (image, label, rng) or (image, label), "
        f"received {function!r}; give a function of these arguments"
    )


def _accepts(function: Callable[..., Any], num_arguments: int) -> bool:
    if not callable(function):
        return False
    try:
        inspect.signature(function).bind(*range(num_arguments))
    except (TypeError, ValueError):  # ValueError: a builtin that does not tell its signature
        return False
    return True


# Classes instead of closures: they can be pickled, for workers that are processes.
class _WithoutGenerator:
    def __init__(self, function: Step) -> None:
        self.function = function

    def __call__(self, image: np.ndarray, label: Any, _: np.random.Generator) -> tuple[Any, Any]:
        return self.function(image, label)
