"""Show a transparent image on the ground, white or black, on which it can be seen."""

import cv2
import numpy as np

STEP = 24  # the smallest difference of neighbours that counts as an outline, of 255


def is_opaque(pixels: np.ndarray) -> bool:
    """Say whether alpha, the highest byte of each uint8 pixel (H, W, 4), is 255 everywhere."""
    together = np.bitwise_and.reduce(np.ascontiguousarray(pixels).view("<u4"), axis=None)
    return bool(together >> 24 == 255)


def compose(pixels: np.ndarray) -> np.ndarray:
    """Compose uint8 (H, W, 4), alpha last, over white or black, rounded: uint8 (H, W, 3).

    White is the rule. Black is taken where white would hide the image: where nothing is to be
    seen on white, or where most of the outlines between what is drawn and what is transparent
    vanish and there are few others within what is drawn. So white letters come out white on
    black; a white label with dark letters stays as it is.
    """
    *colors, alpha = cv2.split(pixels)
    over_black = [cv2.multiply(color, alpha, scale=1 / 255) for color in colors]
    white = 255 - alpha
    over_white = [cv2.add(color, white) for color in over_black]
    hidden = cv2.min(cv2.min(over_white[0], over_white[1]), over_white[2]) > 255 - STEP
    if (hidden & (alpha > STEP)).any() and _is_hidden_by_white(over_white, over_black, alpha):
        return cv2.merge(over_black)
    return cv2.merge(over_white)


def straight(pixels: np.ndarray) -> np.ndarray:
    """Return uint8 (H, W, 4), whose colours were multiplied by alpha already, without that."""
    *colors, alpha = cv2.split(pixels)
    return cv2.merge([*(cv2.divide(color, alpha, scale=255) for color in colors), alpha])


def _is_hidden_by_white(
    over_white: list[np.ndarray], over_black: list[np.ndarray], alpha: np.ndarray
) -> bool:
    """Say whether black shows the image, three planes (H, W) on either ground, and white not."""
    if _contrast(over_white) < STEP:
        return _contrast(over_black) >= STEP
    vanishing = shown = within = 0
    for axis in (0, 1):
        seen = _outlines(over_white, axis)
        edge = _outlines([alpha], axis)
        vanishing += int(np.count_nonzero(_outlines(over_black, axis) & ~seen & edge))
        shown += int(np.count_nonzero(seen & edge))
        within += int(np.count_nonzero(seen & ~edge))
    return vanishing > shown and vanishing > 4 * within


def _contrast(planes: list[np.ndarray]) -> int:
    return max(int(np.ptp(plane)) for plane in planes)


def _outlines(planes: list[np.ndarray], axis: int) -> np.ndarray:
    """Return where neighbours along an axis differ in one of the planes (H, W): bool."""
    found = np.zeros((), bool)
    for plane in planes:
        found = found | (np.abs(np.diff(plane.astype(np.int16), axis=axis)) >= STEP)
    return found
