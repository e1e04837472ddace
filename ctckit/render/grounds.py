"""What is behind a text, and what lies over it."""

from collections.abc import Callable

import cv2
import numpy as np

Paint = Callable[[int, int, np.ndarray, np.random.Generator], np.ndarray]


def flat(height: int, width: int, colour: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return one colour, float32 (height, width, 3), 0…255, as all of these do."""
    return np.full((height, width, 3), colour, np.float32)


def gradient(height: int, width: int, colour: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a colour that goes over to another one near it."""
    angle = rng.uniform(0, 2 * np.pi)
    rows, columns = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    share = ((rows * np.sin(angle) + columns * np.cos(angle)) / 2.8 + 0.5)[..., None]
    other = colour + rng.normal(0, 35, 3)
    return np.asarray(colour * (1 - share) + other * share, np.float32)


def clouds(height: int, width: int, colour: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return what is lighter and darker at several scales, as walls, paper and skies are."""
    field = np.zeros((height, width), np.float32)
    for cells, share in ((2, 1.0), (5, 0.6), (14, 0.35)):
        coarse = rng.normal(0, 1, (cells, max(2, cells * width // height))).astype(np.float32)
        field += share * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    tint = rng.normal(1, 0.25, 3).astype(np.float32)
    return np.asarray(colour + field[..., None] * tint * rng.uniform(5, 28), np.float32)


def patches(height: int, width: int, colour: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return shapes of other colours, as things are that stand behind a sign."""
    image = clouds(height, width, colour, rng).copy()
    for _ in range(int(rng.integers(1, 6))):
        other = tuple(float(one) for one in colour + rng.normal(0, 40, 3))
        points = rng.uniform(-0.2, 1.2, (int(rng.integers(3, 6)), 2)) * (width, height)
        cv2.fillPoly(image, [points.astype(np.int32)], other, lineType=cv2.LINE_AA)
    return cv2.GaussianBlur(image, (0, 0), rng.uniform(0.5, 4))


def stripes(height: int, width: int, colour: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return lines side by side, or a grid."""
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    angle = rng.uniform(0, np.pi)
    wave = np.sin((rows * np.sin(angle) + columns * np.cos(angle)) * rng.uniform(0.3, 1.5))
    if rng.random() < 0.4:
        wave = np.maximum(wave, np.sin((rows * np.cos(angle) - columns * np.sin(angle)) * 0.8))
    return np.asarray(colour + wave[..., None] * rng.normal(0, 18, 3), np.float32)


def ruled(height: int, width: int, colour: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return paper with a line or two to write on, or with boxes for the characters."""
    image = clouds(height, width, colour, rng).copy()
    line = tuple(float(one) for one in colour + rng.normal(0, 60, 3))
    thickness = int(rng.integers(1, 4))
    step = rng.uniform(0.5, 1.5) * height
    for y in np.arange(rng.uniform(0, step), height, step):
        cv2.line(image, (0, int(y)), (width, int(y)), line, thickness, cv2.LINE_AA)
    if rng.random() < 0.4:
        step = rng.uniform(0.4, 1.2) * height
        for x in np.arange(rng.uniform(0, step), width, step):
            cv2.line(image, (int(x), 0), (int(x), height), line, thickness, cv2.LINE_AA)
    return image


def grain(height: int, width: int, colour: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a colour with noise, in grey or in colours."""
    channels = 3 if rng.random() < 0.5 else 1
    noise = rng.normal(0, rng.uniform(4, 30), (height, width, channels)).astype(np.float32)
    return cv2.GaussianBlur(colour + noise * np.ones(3, np.float32), (0, 0), rng.uniform(0.3, 1.2))


GROUNDS: dict[str, Paint] = {
    "flat": flat, "gradient": gradient, "clouds": clouds, "patches": patches,
    "stripes": stripes, "ruled": ruled, "grain": grain,
}  # fmt: skip


def scribble(
    image: np.ndarray, colours: np.ndarray, rng: np.random.Generator, *, lines: int, dots: int,
    thickness: float,
) -> np.ndarray:  # fmt: skip
    """Draw lines, curves and dots over an image, in these colours.

    Args:
        image: float32 (H, W, 3).
        colours: float32 (num, 3).
        rng: of everything.
        lines: how many, straight or curved.
        dots: how many.
        thickness: of lines, at most, in pixels.
    """
    image = np.ascontiguousarray(image)
    height, width = image.shape[:2]
    for _ in range(lines):
        start = np.array([rng.uniform(-0.1, 0.4) * width, rng.uniform(0, 1) * height])
        end = np.array([rng.uniform(0.6, 1.1) * width, rng.uniform(0, 1) * height])
        bow = rng.normal(0, 0.4 * height, 2) if rng.random() < 0.6 else np.zeros(2)
        at = np.linspace(0, 1, 24)[:, None]
        curve = start * (1 - at) ** 2 + end * at**2 + 2 * at * (1 - at) * ((start + end) / 2 + bow)
        colour = tuple(float(one) for one in colours[rng.integers(len(colours))])
        points = np.round(curve * 8).astype(np.int32)
        cv2.polylines(
            image, [points], isClosed=False, color=colour, lineType=cv2.LINE_AA, shift=3,
            thickness=max(1, round(float(rng.uniform(0.5, thickness)))),
        )  # fmt: skip
    for _ in range(dots):
        colour = tuple(float(one) for one in colours[rng.integers(len(colours))])
        centre = int(rng.uniform(0, width)), int(rng.uniform(0, height))
        cv2.circle(image, centre, int(rng.integers(0, 3)), colour, -1, cv2.LINE_AA)
    return image
