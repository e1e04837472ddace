"""A text as ink: where it covers the ground, and in which colour."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageDraw

from ctckit.render.faces import Face

SIZE = 48  # pixels of an em while drawing
ROOM = 8  # pixels around a text, for strokes that grow and for shadows
THINNEST = 0.5  # share of the ink that is left when strokes are made thinner


class Ink(NamedTuple):
    """Ink on nothing.

    Attributes:
        cover: float32 (H, W), 0…1.
        colour: float32 (H, W, 3), 0…255, of each pixel where it covers; (1, 1, 3) where it is one.
    """

    cover: np.ndarray
    colour: np.ndarray

    def changed(self, change: Callable[[np.ndarray], np.ndarray]) -> "Ink":
        """Return it with both arrays changed in their rows and columns."""
        is_plain = self.colour.shape[:2] == (1, 1)
        return Ink(change(self.cover), self.colour if is_plain else change(self.colour))

    def cut(self) -> "Ink":
        """Return it without what is empty around it."""
        box = box_of(self.cover)
        return self.changed(lambda pixels: pixels[box])


@dataclass(frozen=True)
class Layout:
    """How the characters of a text stand; standard deviations, in ems and degrees.

    Attributes:
        tracking: further from each other, or nearer.
        turn: each by itself.
        shift: up or down.
        grow: as a share of the size.
        slant: shear of all.
        wave: height of a wave along the text.
        wobble: of points of strokes, so that no character looks twice the same.
        stroke: pixels added to the width of strokes; less than 0: taken away.
        hollow: outlines only.
        shadow: pixels to the lower right; 0: none.
        many_colours: each character has its own.
    """

    tracking: float = 0.0
    turn: float = 0.0
    shift: float = 0.0
    grow: float = 0.0
    slant: float = 0.0
    wave: float = 0.0
    wobble: float = 0.0
    stroke: float = 0.0
    hollow: bool = False
    shadow: int = 0
    many_colours: bool = False

    @property
    def is_even(self) -> bool:
        """Whether no character stands by itself."""
        return not (self.turn or self.shift or self.grow or self.many_colours or self.tracking)


def draw_ink(
    text: str, face: Face, layout: Layout, colours: np.ndarray, rng: np.random.Generator
) -> Ink:
    """Draw a text.

    Args:
        text: of the characters of the face, and spaces.
        face: to draw it in.
        layout: how.
        colours: float32 (num, 3), one, or several that the characters take in turn.
        rng: of everything.
    """
    draw = _draw_even if layout.is_even else _draw_each
    cover, owner = _cut(*draw(text, face, layout, rng))
    if layout.slant or layout.wave or layout.wobble:
        cover, owner = _cut(*_bent(cover, owner, layout, rng))
    cover, owner = (np.pad(each, ROOM) for each in (cover, owner))
    cover = _with_strokes(cover, layout)
    colour = colours[owner % len(colours)] if len(colours) > 1 else colours[None, :1]
    if layout.shadow:
        cover, colour = _with_shadow(cover, colour, layout.shadow)
    return Ink(cover, colour).cut()


def _draw_even(
    text: str, face: Face, layout: Layout, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    font = face.font(SIZE)
    left, top, right, bottom = font.getbbox(text)
    image = Image.new("L", (max(1, int(right - left)), max(1, int(bottom - top))))
    ImageDraw.Draw(image).text((-left, -top), text, font=font, fill=255)
    cover = np.asarray(image, np.float32) / 255
    return cover, np.zeros(cover.shape, np.uint8)


def _draw_each(
    text: str, face: Face, layout: Layout, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw every character by itself; the second array says whose ink a pixel is."""
    font = face.font(SIZE)
    steps = [max(SIZE // 5, int(font.getlength(one) + layout.tracking * SIZE)) for one in text]
    height, width = 3 * SIZE, sum(steps) + 3 * SIZE
    cover = np.zeros((height, width), np.float32)
    owner = np.zeros((height, width), np.uint8)
    moves = layout.turn or layout.shift or layout.grow
    x = SIZE
    for number, (one, step) in enumerate(zip(text, steps, strict=True)):
        if one != " ":
            own_width = min(step + 2 * SIZE, width - x + SIZE)
            image = Image.new("L", (own_width, height))
            ImageDraw.Draw(image).text((SIZE, SIZE * 0.8), one, font=font, fill=255)
            glyph = np.asarray(image)
            if moves:
                scale = float(np.exp(rng.normal(0, layout.grow)))
                centre = SIZE + step / 2, SIZE * 1.4
                matrix = cv2.getRotationMatrix2D(centre, rng.normal(0, layout.turn), scale)
                matrix[1, 2] += rng.normal(0, layout.shift) * SIZE
                glyph = cv2.warpAffine(glyph, matrix, (own_width, height))
            drawn = glyph.astype(np.float32) / 255
            place = np.s_[:, x - SIZE : x - SIZE + own_width]
            owner[place][drawn > 0.3] = number
            np.maximum(cover[place], drawn, out=cover[place])
        x += step
    return cover, owner


def _bent(
    cover: np.ndarray, owner: np.ndarray, layout: Layout, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    room = int(3 * layout.wobble * SIZE) + 1
    pad = int(layout.wave * SIZE) + room, int(abs(layout.slant) * len(cover) / 2) + room
    cover, owner = (np.pad(each, ((pad[0],) * 2, (pad[1],) * 2)) for each in (cover, owner))
    height, width = cover.shape
    columns, rows = np.meshgrid(np.arange(width), np.arange(height))
    length = rng.uniform(1.5, 6) * SIZE
    phase = rng.uniform(0, 2 * np.pi)
    down = layout.wave * SIZE * np.sin(columns * 2 * np.pi / length + phase)
    to_x = (columns + layout.slant * (rows - height / 2)).astype(np.float32)
    to_y = (rows + down).astype(np.float32)
    if layout.wobble:
        to_x, to_y = (
            each + _smooth(height, width, layout.wobble * SIZE, rng) for each in (to_x, to_y)
        )
    bent = cv2.remap(cover, to_x, to_y, cv2.INTER_LINEAR)
    return bent, cv2.remap(owner, to_x, to_y, cv2.INTER_NEAREST)


def _smooth(height: int, width: int, deviation: float, rng: np.random.Generator) -> np.ndarray:
    """Return numbers that differ smoothly, over half an em: float32 (height, width)."""
    cells = max(2, 2 * height // SIZE), max(2, 2 * width // SIZE)
    coarse = rng.normal(0, deviation, cells).astype(np.float32)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def _with_strokes(cover: np.ndarray, layout: Layout) -> np.ndarray:
    """Make strokes wider or thinner, by fractions of a pixel, too; or keep their outlines."""
    if layout.stroke:
        size = 1 + 2 * int(np.ceil(abs(layout.stroke)))
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
        change = cv2.dilate if layout.stroke > 0 else cv2.erode
        share = abs(layout.stroke) / np.ceil(abs(layout.stroke))
        changed = (1 - share) * cover + share * change(cover, kernel)
        if changed.sum() > THINNEST * cover.sum():
            cover = changed
    if layout.hollow:
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
        cover = np.clip(cv2.dilate(cover, kernel) - cv2.erode(cover, np.ones((2, 2))), 0, 1)
    return cover


def with_stroke_width(cover: np.ndarray, share: float) -> np.ndarray:
    """Return a cover whose strokes are about so wide, as a share of its height."""
    have = stroke_width(cover > 0.5)
    change = float(np.clip((share * len(cover) - have) / 2, -have / 4, 4))
    return _with_strokes(cover, Layout(stroke=change))


def stroke_width(ink: np.ndarray) -> float:
    """Return the width of strokes in pixels: twice the area by the length of the outlines.

    Args:
        ink: (H, W), true where there is any.
    """
    mask = ink.astype(np.uint8)
    outlines, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    length = sum(cv2.arcLength(outline, closed=True) for outline in outlines)
    return float(2 * mask.sum() / length) if length else 0.0


def _with_shadow(
    cover: np.ndarray, colour: np.ndarray, offset: int
) -> tuple[np.ndarray, np.ndarray]:
    shadow = np.zeros_like(cover)
    shadow[offset:, offset:] = 0.7 * cover[:-offset, :-offset]
    shadow = cv2.GaussianBlur(shadow, (0, 0), 1)
    dark = np.float32(30 if colour.mean() > 90 else 220)
    share = cover[..., None]
    mixed = colour * share + dark * (1 - share)
    return np.maximum(cover, shadow), mixed


def _cut(cover: np.ndarray, owner: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    box = box_of(cover)
    return cover[box], owner[box]


def box_of(cover: np.ndarray) -> tuple[slice, slice]:
    """Return the rows and columns that hold ink; all, if none does."""
    rows = np.flatnonzero(cover.max(1) > 0.2)
    columns = np.flatnonzero(cover.max(0) > 0.2)
    if not len(rows):
        return slice(None), slice(None)
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
