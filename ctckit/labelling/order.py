"""Which image comes next: the one that the reader is least sure of, or one drawn at random."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

EVERY = 5  # one of so many images is drawn at random
SHARE = 0.1  # of the images, the least sure ones, of which the one least like the last ones comes
LEAST = 20  # so many at least
REMEMBERED = 20  # images that the next one should differ from
LOOK = (16, 8)  # width and height of what an image looks like from afar

Free = Callable[[int], bool]  # tells whether the image at a place may come


class Ranked(NamedTuple):
    """An image as a reader sees it.

    Attributes:
        place: among all images.
        confidence: of what is read.
        look: the image from afar, float32 (16 * 8,), of mean 0 and length 1.
    """

    place: int
    confidence: float
    look: np.ndarray


class Pick(NamedTuple):
    """The next image.

    Attributes:
        place: among all images.
        at_random: whether it was drawn at random.
    """

    place: int
    at_random: bool


class Order:
    """Choose the next image: every fifth at random, the others for being hard, and different.

    Of the tenth of which the reader is least sure that image comes that looks least like the last
    twenty ones: twenty of the same kind teach no more than one. Until there is a ranking all come
    at random. Sources: uncertainty sampling, Lewis and Gale 1994,
    https://arxiv.org/abs/cmp-lg/9407020; the farthest of them first, Sener and Savarese 2018,
    https://arxiv.org/abs/1708.00489.

    Args:
        count: of all images.
        seed: of what is drawn at random.
        turn: images that came before, of an earlier sitting.
    """

    def __init__(self, count: int, seed: int = 0, turn: int = 0) -> None:
        self._drawn = np.random.default_rng(seed).permutation(count).tolist()
        self._turn = turn
        self._ranking: list[Ranked] = []
        self._recent: deque[np.ndarray] = deque(maxlen=REMEMBERED)

    def rank(self, ranking: Sequence[Ranked]) -> None:
        """Take a new ranking; the images can be a part of all."""
        self._ranking = sorted(ranking, key=lambda one: one.confidence)

    def next(self, is_free: Free) -> Pick | None:
        """Return the next image, or None where no image is free."""
        self._turn += 1
        if self._turn % EVERY and (place := self._hardest(is_free)) is not None:
            return Pick(place, at_random=False)
        return self._at_random(is_free)

    def _hardest(self, is_free: Free) -> int | None:
        free = [one for one in self._ranking if is_free(one.place)]
        hard = free[: max(LEAST, round(SHARE * len(free)))]
        if not hard:
            return None
        chosen = hard[0]
        if self._recent:
            alike = np.stack([one.look for one in hard]) @ np.stack([*self._recent]).T
            chosen = hard[int(alike.max(axis=1).argmin())]
        self._recent.append(chosen.look)
        return chosen.place

    def _at_random(self, is_free: Free) -> Pick | None:
        place = next(filter(is_free, self._drawn), None)
        return None if place is None else Pick(place, at_random=True)


def look_of(pixels: np.ndarray) -> np.ndarray:
    """Return what an image looks like from afar.

    Args:
        pixels: uint8 (H, W, C).

    Returns:
        float32 (16 * 8,), of mean 0 and length 1; zeros for an image of one colour.
    """
    import cv2

    small = cv2.resize(pixels, LOOK, interpolation=cv2.INTER_AREA).reshape(LOOK[0] * LOOK[1], -1)
    grey: np.ndarray = small.mean(axis=1, dtype=np.float32)
    grey -= grey.mean()
    return grey / max(float(np.linalg.norm(grey)), 1e-6)
