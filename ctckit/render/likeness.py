"""Look at images of a style that nobody has labelled, and draw others in their manner."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np

from ctckit.errors import InputError
from ctckit.render.ink import stroke_width
from ctckit.render.kinds import Style

HIGHEST = 96  # pixels, of images that are drawn in the manner of others
MAX_WIDTH = 1600  # pixels
LEAST = 8  # pixels of ink, or of a side, without which there is nothing to look at
USUAL = 0.004  # share of all characters read, from which one belongs to the alphabet
AS_READ = 0.3  # share of the texts drawn that are what was read; others are of the alphabet


@dataclass(frozen=True)
class Look:
    """What one image is like.

    Attributes:
        height, width: in pixels.
        box: left, top, right and bottom of its text, as shares of width and height.
        ground, ink: colours, 0…255, in BGR.
        stroke: width of strokes, as a share of the height of the text.
        noise: standard deviation on the ground, 0…255.
    """

    height: int
    width: int
    box: tuple[float, float, float, float]
    ground: tuple[float, float, float]
    ink: tuple[float, float, float]
    stroke: float
    noise: float


def likeness_of(shown: Iterable[tuple[np.ndarray, str]]) -> "Likeness":
    """Return what images are like.

    Args:
        shown: images, uint8 (H, W, 3) in BGR, and what was read on each.

    Raises:
        InputError: no text can be made out on any.
    """
    found = [(look, text) for image, text in shown if text and (look := look_at(image))]
    if not found:
        raise InputError(
            "expected images on which the base reads something, received none; draw without them",
            argument="like",
        )
    looks, texts = zip(*found, strict=True)
    return Likeness(looks, texts)


def no_larger(image: np.ndarray) -> np.ndarray:
    """Return an image that is no higher and no wider than one to learn from need be."""
    height, width = image.shape[:2]
    scale = min(HIGHEST / height, MAX_WIDTH / width)
    if scale >= 1:
        return image
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def look_at(image: np.ndarray) -> Look | None:
    """Return what an image is like, uint8 (H, W, 3) in BGR; None if no text can be made out.

    Ground is what most pixels are; ink what differs from it (Otsu 1979, "A threshold selection
    method from gray-level histograms").
    """
    height, width = image.shape[:2]
    if min(height, width) < LEAST:
        return None
    ground = np.median(image.reshape(-1, 3), axis=0)
    difference = np.abs(image.astype(np.float32) - ground).max(2).astype(np.uint8)
    _, ink = cv2.threshold(difference, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    if not LEAST < ink.sum() < 0.6 * ink.size:
        return None
    left, right = _extent(ink.sum(0))
    top, bottom = _extent(ink.sum(1))
    if bottom - top < LEAST / 2 or right - left < LEAST / 2:
        return None
    sure = difference >= np.quantile(difference[ink > 0], 0.5)
    rest = image[ink == 0].astype(np.float32)
    smooth = cv2.medianBlur(image, 3)[ink == 0].astype(np.float32)
    return Look(
        height,
        width,
        (left / width, top / height, right / width, bottom / height),
        _colour(ground),
        _colour(np.median(image[sure], axis=0)),
        stroke_width(ink > 0) / (bottom - top),
        float(np.std(rest - smooth)),
    )


def _extent(counts: np.ndarray) -> tuple[int, int]:
    """Return where the ink begins and ends, less its outermost hundredth: dots and lines."""
    share = np.cumsum(counts) / counts.sum()
    return int(np.searchsorted(share, 0.01)), int(np.searchsorted(share, 0.99)) + 1


def _colour(colour: np.ndarray) -> tuple[float, float, float]:
    blue, green, red = (float(one) for one in colour)
    return blue, green, red


@dataclass(frozen=True)
class Likeness:
    """What images of a style are like, to draw others so.

    Attributes:
        looks: of each image.
        texts: what was read on each, as well as could be; one character or more.
    """

    looks: Sequence[Look]
    texts: Sequence[str]

    @cached_property
    def alphabet(self) -> str:
        """The characters that were read more than by chance."""
        counts = Counter("".join(self.texts))
        total = sum(counts.values())
        return "".join(sorted(one for one, number in counts.items() if number > USUAL * total))

    @property
    def longest(self) -> int:
        """The characters of the longest text."""
        return max(map(len, self.texts))

    def style(self, style: Style, place: int, rng: np.random.Generator) -> Style:
        """Return a style of any kind with size, place, colours, strokes and noise of an image."""
        look = self.looks[place]
        return replace(
            style,
            hue_only=False,
            is_grey=False,
            frame=(look.height, look.width, *look.box),
            colours=(look.ground, look.ink),
            stroke=look.stroke * float(np.exp(rng.normal(0, 0.15))),
            noise=look.noise * float(rng.uniform(0.5, 1.2)),
            squeeze=1.0,
            perspective=min(style.perspective, 0.05),
        )

    def text(self, place: int, allowed: str, rng: np.random.Generator) -> str:
        """Return a text as long as that of an image, of the alphabet, or what was read on it."""
        text = self.texts[place]
        alphabet = [one for one in self.alphabet if one in {*allowed, " "}]
        if set(text) <= set(alphabet) and rng.random() < AS_READ:
            return text
        letters = [one for one in alphabet if one != " "] or list(allowed)
        return "".join(" " if one == " " else rng.choice(letters) for one in text)
