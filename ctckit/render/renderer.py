"""Images of texts, drawn as they are met: a function of a seed and a number."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from ctckit.errors import InputError
from ctckit.image.decode import LUMA
from ctckit.render.faces import SYSTEM_FONTS, Face, find_faces
from ctckit.render.grounds import GROUNDS, scribble
from ctckit.render.ink import Ink, draw_ink, with_stroke_width
from ctckit.render.kinds import KINDS, Frame, Style
from ctckit.render.likeness import MAX_WIDTH, Likeness
from ctckit.render.texts import Texts, read_words

TRIES = 60  # of colours that differ as much as they should


class Renderer:
    """Draw images of texts.

    Args:
        faces: to draw them in.
        texts: what they say.
        seed: of all images.
        kinds: names in `KINDS`; None: all, in their shares.
        like: images in whose manner all are drawn; None: in any.

    Raises:
        InputError: there is no such kind.
    """

    def __init__(
        self,
        faces: Sequence[Face],
        texts: Texts,
        *,
        seed: int = 0,
        kinds: Sequence[str] | None = None,
        like: Likeness | None = None,
    ) -> None:
        names = list(KINDS) if kinds is None else list(kinds)
        _require_known(names)
        self.seed = seed
        self.texts = texts
        self.like = like
        self._kinds = [KINDS[name][1] for name in names]
        shares = np.array([KINDS[name][0] for name in names])
        self._shares = shares / shares.sum()
        self._faces = _by_manner(faces)
        self._others = [family for families in self._faces.values() for family in families]

    def __call__(self, number: int) -> tuple[np.ndarray, str]:
        """Return an image, uint8 (H, W, 3) in BGR, and its text."""
        rng = np.random.Generator(np.random.Philox(key=[self.seed, number]))
        style = self._kinds[rng.choice(len(self._kinds), p=self._shares)](rng)
        face = self._face(style.manner, rng)
        if self.like is None:
            text = self.texts.draw(rng, style.form, face.characters)
        else:
            place = int(rng.integers(len(self.like.looks)))
            style = self.like.style(style, place, rng)
            text = self.like.text(place, face.characters, rng)
        return draw(text, face, style, rng), text

    def _face(self, manner: str, rng: np.random.Generator) -> Face:
        """Return a face of a family drawn first: some have a hundred faces, and some one."""
        families = self._faces.get(manner) or self._faces.get("print") or self._others
        faces = families[rng.integers(len(families))]
        return faces[rng.integers(len(faces))]


def draw(text: str, face: Face, style: Style, rng: np.random.Generator) -> np.ndarray:
    """Return the image of a text in a style, uint8 (H, W, 3) in BGR."""
    ground_colour, inks = _colours(style, rng)
    ink = draw_ink(text, face, style.layout, inks, rng)
    ink = _turned(ink, style, rng)
    if style.stroke is not None:
        ink = ink._replace(cover=with_stroke_width(ink.cover, style.stroke))
    if style.frame is None:
        ink = _with_margins(ink, style.margins)
    else:
        ink = _framed(ink, style.frame, rng)
    height, width = ink.cover.shape
    image = GROUNDS[style.ground](height, width, ground_colour, rng)
    others = inks if style.own_colour else rng.uniform(0, 255, (3, 3)).astype(np.float32)
    under = style.lines // 2
    image = scribble(
        image, others, rng, lines=under, dots=style.dots // 2, thickness=style.thickness
    )
    share = ink.cover[..., None] * np.float32(style.opacity)
    image = image * (1 - share) + ink.colour * share
    image = scribble(
        image, others, rng, lines=style.lines - under, dots=style.dots - style.dots // 2,
        thickness=style.thickness,
    )  # fmt: skip
    return _worn(image, style, rng)


def _require_known(kinds: Sequence[str]) -> None:
    if unknown := [name for name in kinds if name not in KINDS]:
        raise InputError(
            f"expected kinds among {', '.join(KINDS)}, received {unknown[0]}", argument="kinds"
        )


def _by_manner(faces: Sequence[Face]) -> dict[str, list[list[Face]]]:
    """Return the faces by manner and family: the folder and the beginning of the name."""
    found: dict[str, dict[str, list[Face]]] = {}
    for face in faces:
        found.setdefault(face.manner, {}).setdefault(face.family, []).append(face)
    return {manner: list(families.values()) for manner, families in found.items()}


def _colours(style: Style, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the colour of the ground, float32 (3,), and those of the ink, (num, 3)."""
    if style.colours is not None:
        ground, ink = (np.array(colour) + rng.normal(0, 6, 3) for colour in style.colours)
        return ground.astype(np.float32), ink[None].astype(np.float32)
    draw_pair = _draw_hues if style.hue_only else _draw_tones
    for share in np.clip(np.linspace(2, 0, TRIES), 0, 1):  # less is asked for in the end
        ground, inks, is_good = draw_pair(style, share, rng)
        if is_good:
            break
    return ground.astype(np.float32), inks.astype(np.float32)


def _draw_tones(
    style: Style, share: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, bool]:
    """Draw colours of a ground and of inks; say whether all are darker than it, or lighter."""
    ground, inks = rng.uniform(0, 255, 3), _draw_inks(style, rng)
    if rng.random() < 0.6:  # most grounds are light, or dark
        ground = ground * 0.35 + (0 if style.light_on_dark else 165)
    if rng.random() < 0.5:  # many inks are black, or white
        inks = inks * 0.3 + (178 if style.light_on_dark else 0)
    if style.is_grey:
        ground, inks = np.full(3, ground @ LUMA), np.outer(inks @ LUMA, np.ones(3))
    lighter = inks @ LUMA - ground @ LUMA
    differences = lighter if style.light_on_dark else -lighter
    return ground, inks, bool(differences.min() * style.opacity > style.contrast * share)


def _draw_hues(
    style: Style, share: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, bool]:
    """Draw colours of one luma; say whether they are, and differ in their hue."""
    ground, inks = rng.uniform(0, 255, 3), _draw_inks(style, rng)
    inks = np.clip(inks - (inks @ LUMA - ground @ LUMA)[:, None], 0, 255)
    same = np.abs(inks @ LUMA - ground @ LUMA).max() < 12
    return ground, inks, bool(same and np.abs(inks - ground).sum(1).min() > 140 * share)


def _draw_inks(style: Style, rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(0, 255, (6 if style.layout.many_colours else 1, 3))


def _turned(ink: Ink, style: Style, rng: np.random.Generator) -> Ink:
    """Turn it, and look at it from elsewhere."""
    if not (style.turn or style.perspective):
        return ink
    height, width = ink.cover.shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), style.turn, 1)
    moved = corners @ turn[:, :2].T + turn[:, 2]
    moved += rng.normal(0, style.perspective * height, (4, 2))
    low, high = moved.min(0), moved.max(0)
    matrix = cv2.getPerspectiveTransform(corners, (moved - low).astype(np.float32))
    size = tuple(int(one) for one in np.ceil(high - low))
    return ink.changed(lambda pixels: cv2.warpPerspective(pixels, matrix, size)).cut()


def _with_margins(ink: Ink, margins: tuple[float, float, float, float]) -> Ink:
    """Put room around it, or cut into it where a margin is less than 0."""
    height, width = ink.cover.shape
    left, top, right, bottom = (
        max(round(margin * height), -(size // 10))  # some of a stroke stays
        for margin, size in zip(margins, (width, height, width, height), strict=True)
    )
    inner = np.s_[max(0, -top) : height - max(0, -bottom), max(0, -left) : width - max(0, -right)]
    around = (max(0, top), max(0, bottom)), (max(0, left), max(0, right))

    def change(pixels: np.ndarray) -> np.ndarray:
        return np.pad(pixels[inner], [*around, (0, 0)][: pixels.ndim])

    return ink.changed(change)


def _framed(ink: Ink, frame: Frame, rng: np.random.Generator) -> Ink:
    """Put it where texts stand in images of a certain shape, as wide and high as they are there."""
    height, width, *box = frame
    left, top, right, bottom = np.clip(np.array(box) + rng.normal(0, 0.02, 4), 0, 1)
    own_height = ink.cover.shape[0]
    full_height = int(np.clip(own_height / max(bottom - top, 0.1), own_height, 6 * own_height))
    full_width = max(1, round(full_height * width / height))
    own_width = int(np.clip(round((right - left) * full_width), 1, full_width))
    ink = ink.changed(lambda pixels: cv2.resize(pixels, (own_width, own_height)))
    x, y = (
        int(np.clip(share * full, 0, full - own))
        for share, full, own in (
            (left, full_width, own_width),
            (top, full_height, own_height),
        )
    )
    around = (y, full_height - own_height - y), (x, full_width - own_width - x)
    return ink.changed(lambda pixels: np.pad(pixels, [*around, (0, 0)][: pixels.ndim]))


def _worn(image: np.ndarray, style: Style, rng: np.random.Generator) -> np.ndarray:
    """Bring it to its size, as a camera or a scanner would."""
    height, width = image.shape[:2]
    if style.frame is not None:
        size = style.frame[1], style.frame[0]
    else:
        scale = style.height / height
        size = int(np.clip(round(width * scale * style.squeeze), 4, MAX_WIDTH)), style.height
    image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    if style.blur:
        image = cv2.GaussianBlur(image, (0, 0), style.blur * min(1.5, size[1] / 40))
    if style.noise:
        noise = min(style.noise, 0.3 * style.contrast)
        image = image + rng.normal(0, noise, image.shape[:2])[..., None].astype(np.float32)
    pixels = np.clip(image, 0, 255).astype(np.uint8)
    if style.is_grey:
        pixels = np.repeat(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)[..., None], 3, axis=2)
    if style.quality < 100:
        _, coded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, style.quality])
        pixels = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR))
    return pixels


def make_renderer(
    characters: str,
    *,
    fonts: Path | None = None,
    words: Path | None = None,
    kinds: Sequence[str] | None = None,
    seed: int = 0,
    like: Likeness | None = None,
) -> Renderer:
    """Return a renderer with the fonts and words of the system, or those given.

    Args:
        characters: that texts are made of, besides spaces.
        fonts: folder or file; None: those of the system.
        words: file with a word in each line, UTF-8; None: those of the system, if it has any.
        kinds: names in `KINDS`; None: all.
        seed: of all images.
        like: images in whose manner all are drawn; None: in any.

    Raises:
        InputError: there are no such fonts, words or kinds.
    """
    _require_known(kinds or ())
    texts = Texts(characters, read_words(words))
    faces = find_faces(SYSTEM_FONTS if fonts is None else (fonts,), characters)
    return Renderer(faces, texts, seed=seed, kinds=kinds, like=like)
