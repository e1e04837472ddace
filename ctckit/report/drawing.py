"""Write a line of text into an image, in any script where the installed OpenCV can."""

from functools import lru_cache

import cv2
import numpy as np

from ctckit.text.direction import to_visual

Color = tuple[int, int, int]  # blue, green, red; 0…255

# OpenCV 5 brings a font for most scripts; OpenCV 4 has strokes for ASCII only.
_HAS_FONTS = hasattr(cv2, "FontFace")
_WEIGHT = 500  # between regular (400) and bold (700)


def draw_line(
    image: np.ndarray, text: str, *, left: int, baseline: int, size: int, color: Color, width: int
) -> None:
    r"""Draw `text` into `image` (uint8 (H, W, 3), BGR), cut with "…" where it passes `width`.

    Characters that OpenCV's font lacks are told by their numbers, as \u0939.

    Args:
        image: changed in place.
        text: one line; the parts of it that are parted by " → " have directions of their own.
        left: first column.
        baseline: row that the letters stand on.
        size: height of the letters, in pixels.
        color: of the letters.
        width: columns that the text may take.
    """
    text = " → ".join(map(to_visual, text.split(" → ")))
    text = _fit(_with_glyphs(text) if _HAS_FONTS else to_ascii(text), size, width)
    if _HAS_FONTS:
        cv2.putText(image, text, (left, baseline), color, cv2.FontFace("sans"), size, _WEIGHT)
    else:
        font, scale = cv2.FONT_HERSHEY_SIMPLEX, _hershey_scale(size)
        cv2.putText(image, text, (left, baseline), font, scale, color, 1, cv2.LINE_AA)


def to_ascii(text: str) -> str:
    r"""Replace what OpenCV 4 cannot draw.

    >>> to_ascii("é → e")
    '\\xe9 -> e'
    """
    plain = text.replace("→", "->").replace("…", "..")
    return plain.encode("ascii", "backslashreplace").decode("ascii")


def _with_glyphs(text: str) -> str:
    """Replace what the font of OpenCV 5 lacks, for which that draws a question mark."""
    return "".join(c if _has_glyph(c) else to_ascii(c) for c in text)


@lru_cache(maxsize=10_000)
def _has_glyph(character: str) -> bool:
    return character.isascii() or not np.array_equal(_drawn(character), _drawn("?"))


def _drawn(character: str) -> np.ndarray:
    image = np.zeros((32, 32), np.uint8)
    cv2.putText(image, character, (4, 24), (255,), cv2.FontFace("sans"), 20, _WEIGHT)
    return image


def text_width(text: str, size: int) -> int:
    """Return the columns that `text` takes at `size`."""
    if _HAS_FONTS:
        face = cv2.FontFace("sans")
        left, _, width, _ = cv2.getTextSize((1, 1), text, (0, 0), face, size, _WEIGHT)
        return left + width
    scale = _hershey_scale(size)
    return cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)[0][0]


def _hershey_scale(size: int) -> float:
    return size / 32  # strokes of scale 1 look about as large as a font of 32 pixels


def _fit(text: str, size: int, width: int) -> str:
    if text_width(text, size) <= width:
        return text
    dots = "…" if _HAS_FONTS else ".."
    while text and text_width(text + dots, size) > width:
        text = text[:-1]
    return text + dots
