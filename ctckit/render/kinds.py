"""Kinds of images that hold a short text: what each is like, as ranges to draw from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from ctckit.render.ink import Layout

Colour = tuple[float, float, float]
Frame = tuple[int, int, float, float, float, float]


@dataclass(frozen=True)
class Style:
    """All that is decided of an image before it is drawn.

    Attributes:
        form: of its text, a name in `Texts.forms`.
        manner: of its face.
        layout: of the characters.
        ground: a name in `GROUNDS`.
        contrast: least difference of luma between ink and ground, 0…255.
        hue_only: ink and ground have the same luma, and other colours.
        is_grey: no colour at all.
        light_on_dark: else dark on light.
        lines, dots: over and under the text.
        own_colour: lines and dots have the colour of the text.
        thickness: of lines.
        opacity: of the ink.
        perspective: how far corners are moved, as a share of the height.
        turn: of all, in degrees.
        margins: left, top, right, bottom, as shares of the height of the text.
        height: of the image, in pixels.
        squeeze: of its width.
        blur: sigma, in pixels of an image 40 high; in lower ones it is less.
        noise: standard deviation, 0…255; less where the contrast is low.
        quality: of JPEG; 100: none.
        frame: height and width of the image, in pixels, and where in it the text begins and ends,
            left, top, right and bottom, as shares of them, instead of margins, height and squeeze.
        colours: of ground and ink, 0…255, in BGR; None: any.
        stroke: width of strokes, as a share of the height of the text; None: the face's.
    """

    form: str
    manner: str = "print"
    layout: Layout = Layout()
    ground: str = "flat"
    contrast: float = 60.0
    hue_only: bool = False
    is_grey: bool = False
    light_on_dark: bool = False
    lines: int = 0
    dots: int = 0
    own_colour: bool = True
    thickness: float = 2.0
    opacity: float = 1.0
    perspective: float = 0.0
    turn: float = 0.0
    margins: tuple[float, float, float, float] = (0.2, 0.2, 0.2, 0.2)
    height: int = 48
    squeeze: float = 1.0
    blur: float = 0.0
    noise: float = 0.0
    quality: int = 100
    frame: Frame | None = None
    colours: tuple[Colour, Colour] | None = None
    stroke: float | None = None


Draw = Callable[[np.random.Generator], Style]
Number = TypeVar("Number", int, float)


def print_(rng: np.random.Generator) -> Style:
    """Draw print as scanned or on a screen: labels, receipts, forms."""
    return Style(
        form=_one(rng, "word", "random", "number", "line", "plate"),
        layout=Layout(
            tracking=_rare(rng, 0.2, rng.normal(0.04, 0.06)), slant=_rare(rng, 0.2, 0.2),
            stroke=_rare(rng, 0.4, rng.normal(0, 0.9)),
        ),
        ground=_one(rng, "flat", "flat", "gradient", "clouds", "grain", "stripes"),
        is_grey=rng.random() < 0.5,
        light_on_dark=rng.random() < 0.12,
        lines=_rare(rng, 0.15, 1),
        opacity=rng.uniform(0.7, 1),
        turn=rng.normal(0, 1.2),
        margins=_margins(rng, 0.02, 0.5),
        **_taken(rng, heights=(16, 64), squeeze=0.28, blur=(0.6, 1.1), noise=(0.5, 14)),
    )  # fmt: skip


def scene(rng: np.random.Generator) -> Style:
    """Draw words on signs, shops, packages, in a photograph."""
    return Style(
        form=_one(rng, "word", "word", "word", "word", "number", "random", "line"),
        layout=Layout(
            tracking=_rare(rng, 0.3, rng.normal(0.05, 0.08)), slant=_rare(rng, 0.25, 0.25),
            wave=_rare(rng, 0.1, rng.uniform(0.05, 0.2)), stroke=_rare(rng, 0.4, rng.normal(0, 1)),
            hollow=rng.random() < 0.06, shadow=_rare(rng, 0.25, int(rng.integers(1, 5))),
            many_colours=rng.random() < 0.03,
        ),
        ground=_one(rng, "flat", "gradient", "gradient", "clouds", "patches", "patches", "grain"),
        contrast=rng.uniform(25, 90),
        is_grey=rng.random() < 0.25,
        light_on_dark=rng.random() < 0.5,
        opacity=rng.uniform(0.6, 1),
        perspective=abs(rng.normal(0, 0.12)),
        turn=rng.normal(0, 4),
        margins=_margins(rng, -0.03, 0.4),
        **_taken(rng, heights=(12, 72), squeeze=0.28, blur=(0.7, 1.6), noise=(0.5, 16)),
    )  # fmt: skip


def captcha(rng: np.random.Generator) -> Style:
    """Draw texts made hard to read: moved, turned, bent, under lines and dots."""
    wild = rng.uniform(0, 1)
    hue_only = rng.random() < 0.06
    return Style(
        form=_one(rng, "random", "random", "random", "random", "number", "word"),
        manner=_one(rng, "print", "print", "print", "print", "hand"),
        layout=Layout(
            tracking=rng.normal(-0.02, 0.12), turn=wild * rng.uniform(0, 16),
            shift=wild * rng.uniform(0, 0.14), grow=wild * rng.uniform(0, 0.16),
            slant=_rare(rng, 0.4, rng.normal(0, 0.25)),
            wave=_rare(rng, 0.4, rng.uniform(0.03, 0.2)),
            wobble=_rare(rng, 0.3, wild * rng.uniform(0, 0.08)),
            stroke=_rare(rng, 0.5, rng.normal(0, 1.2)), hollow=rng.random() < 0.06,
            shadow=_rare(rng, 0.1, 2), many_colours=rng.random() < 0.3,
        ),
        ground=_one(rng, "flat", "flat", "gradient", "clouds", "stripes", "grain", "grain"),
        contrast=rng.uniform(20, 90),
        hue_only=hue_only,
        is_grey=not hue_only and rng.random() < 0.25,
        light_on_dark=rng.random() < 0.2,
        lines=int(rng.choice([0, 0, 1, 1, 2, 3, 5, 8])),
        dots=int(rng.choice([0, 0, 0, 10, 30, 80])),
        own_colour=rng.random() < 0.6,
        thickness=rng.uniform(1, 3.5),
        turn=rng.normal(0, 2),
        margins=_margins(rng, 0.0, 1.0),
        **_taken(rng, heights=(24, 80), squeeze=0.28, blur=(0.5, 1.2), noise=(0.4, 20)),
    )  # fmt: skip


def hand(rng: np.random.Generator) -> Style:
    """Draw writing by hand, as far as faces imitate it."""
    return Style(
        form=_one(rng, "word", "word", "word", "number", "random", "line"),
        manner="hand",
        layout=Layout(
            tracking=rng.normal(0, 0.04), turn=rng.uniform(0, 5), shift=rng.uniform(0, 0.06),
            grow=rng.uniform(0, 0.08), slant=rng.normal(0, 0.25), wave=rng.uniform(0, 0.06),
            wobble=rng.uniform(0, 0.05), stroke=rng.normal(0, 0.9),
        ),
        ground=_one(rng, "flat", "flat", "clouds", "gradient", "stripes", "ruled", "ruled"),
        contrast=rng.uniform(40, 120),
        is_grey=rng.random() < 0.6,
        light_on_dark=rng.random() < 0.08,
        lines=_rare(rng, 0.25, 1),
        opacity=rng.uniform(0.7, 1),
        turn=rng.normal(0, 3),
        margins=_margins(rng, 0.0, 0.5),
        **_taken(rng, heights=(20, 72), squeeze=0.3, blur=(0.5, 1), noise=(0.3, 12)),
    )  # fmt: skip


def plate(rng: np.random.Generator) -> Style:
    """Draw number plates, and numbers that are stamped, engraved or painted."""
    return Style(
        form=_one(rng, "plate", "plate", "plate", "number"),
        layout=Layout(
            tracking=rng.uniform(0, 0.15), stroke=rng.normal(0.3, 0.9),
            shadow=_rare(rng, 0.4, int(rng.integers(1, 3))),
        ),
        ground=_one(rng, "flat", "gradient", "clouds", "grain"),
        contrast=rng.uniform(25, 120),
        is_grey=rng.random() < 0.3,
        light_on_dark=rng.random() < 0.4,
        lines=_rare(rng, 0.3, 2),
        dots=_rare(rng, 0.3, 4),
        opacity=rng.uniform(0.5, 1),
        perspective=abs(rng.normal(0, 0.1)),
        turn=rng.normal(0, 3),
        margins=_margins(rng, 0.0, 0.4),
        **_taken(rng, heights=(14, 60), squeeze=0.28, blur=(0.7, 1.6), noise=(0.5, 16)),
    )  # fmt: skip


def display(rng: np.random.Generator) -> Style:
    """Draw digits of segments and characters of dots, that shine or not."""
    return Style(
        form=_one(rng, "number", "number", "number", "random"),
        manner=_one(rng, "segments", "segments", "dots"),
        layout=Layout(tracking=_rare(rng, 0.3, 0.05), slant=_rare(rng, 0.3, 0.1)),
        ground=_one(rng, "flat", "gradient", "clouds"),
        contrast=rng.uniform(25, 120),
        is_grey=rng.random() < 0.3,
        light_on_dark=rng.random() < 0.6,
        perspective=abs(rng.normal(0, 0.06)),
        turn=rng.normal(0, 2),
        margins=_margins(rng, 0.05, 0.5),
        **_taken(rng, heights=(16, 64), squeeze=0.28, blur=(0.7, 1.5), noise=(0.5, 14)),
    )  # fmt: skip


KINDS: dict[str, tuple[float, Draw]] = {  # share of the images, and what they are like
    "print": (0.16, print_),
    "scene": (0.26, scene),
    "captcha": (0.28, captcha),
    "hand": (0.18, hand),
    "plate": (0.07, plate),
    "display": (0.05, display),
}


def _one(rng: np.random.Generator, *names: str) -> str:
    return names[rng.integers(len(names))]


def _rare(rng: np.random.Generator, chance: float, value: Number) -> Number:
    """Return the value with a chance, else 0 of its type."""
    return value if rng.random() < chance else type(value)()


def _margins(
    rng: np.random.Generator, least: float, most: float
) -> tuple[float, float, float, float]:
    """Return margins; small ones are more usual."""
    sides, heights = most * rng.random() ** 2, 0.6 * most * rng.random() ** 2
    left, right = least + sides * rng.random(2) * 2
    top, bottom = least + heights * rng.random(2) * 2
    return float(left), float(top), float(right), float(bottom)


def _taken(
    rng: np.random.Generator,
    *,
    heights: tuple[int, int],
    squeeze: float,
    blur: tuple[float, float],
    noise: tuple[float, float],
) -> dict[str, Any]:
    """Return how an image is taken: its size, and how much is lost, each with a chance."""
    return {
        "height": int(rng.integers(*heights)),
        "squeeze": float(np.exp(rng.normal(0, squeeze))),
        "blur": _rare(rng, blur[0], rng.uniform(0.2, blur[1])),
        "noise": _rare(rng, noise[0], rng.uniform(1, noise[1])),
        "quality": int(rng.integers(25, 95)) if rng.random() < 0.5 else 100,
    }
