"""Tell from an image and its label whether the text is one line from left to right."""

import cv2
import numpy as np

LEAST_WIDTH = 0.2  # of a character against the height of its line: less than any font has
LIKELY_WIDTH = 0.6  # from here on, a line of this height has room for its characters
DOWNWARDS = 0.35  # height against width for each character, where they stand below each other

_MIDDLE = (0.3, 0.7)  # share of the height where a gap between lines is looked for
_GAP = 0.45  # of the edges in a row of text that a row between two lines has at most
_LINE = 0.15  # of the height that a line fills at least
_LEAST_HEIGHT, _LEAST_IMAGE_WIDTH = 12, 6  # pixels, for two lines to be seen


def runs_downwards(size: tuple[int, int], label: str) -> bool:
    """Say whether the text can only run from top to bottom: turned, or letter below letter.

    >>> runs_downwards((400, 40), "plate"), runs_downwards((60, 50), "AB1234")
    (True, False)
    """
    height, width = size
    return len(label) > 1 and height > width and height >= DOWNWARDS * len(label) * width


def has_several_lines(image: np.ndarray, label: str) -> bool:
    """Say whether an image of `label` holds several lines of text.

    It does if a character of it would have less than 0.2 of the height as its width; and if that
    is less than 0.6, and rows with few edges part rows with many in the middle of the image.
    Text that runs downwards is another matter.

    Args:
        image: uint8 (H, W, 3), BGR.
        label: the text it shows.
    """
    height, width = image.shape[:2]
    if len(label) < 2 or runs_downwards((height, width), label):
        return False
    width_of_character = width / len(label) / height
    return width_of_character < LEAST_WIDTH or (
        width_of_character < LIKELY_WIDTH and _has_gap(image)
    )


def _has_gap(image: np.ndarray) -> bool:
    height, width = image.shape[:2]
    if height < _LEAST_HEIGHT or width < _LEAST_IMAGE_WIDTH:
        return False
    edges = _edges_of_rows(image)
    first, last = (int(height * share) for share in _MIDDLE)
    gap = first + int(np.argmin(edges[first:last]))
    above, below = edges[:gap], edges[gap:]
    least = min(above.max(), below.max())
    thinnest = min(np.count_nonzero(rows > least / 2) for rows in (above, below))
    return bool(edges[gap] < _GAP * least and thinnest > _LINE * height)


def _edges_of_rows(image: np.ndarray) -> np.ndarray:
    """Return the mean difference of neighbours in each row of the softened image: float (H,)."""
    grey = cv2.blur(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), (3, 3))
    differences = cv2.absdiff(grey[:, 1:], grey[:, :-1])
    return cv2.reduce(differences, 1, cv2.REDUCE_AVG, dtype=cv2.CV_32F).ravel()
