"""Rounds of drawn images: each is drawn by other processes while the one before is learned from."""

import os
import signal
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from types import TracebackType
from typing import Any, Self

import cv2
import numpy as np

from ctckit.errors import InputError

Drawn = tuple[np.ndarray, str]  # an image, uint8 (H, W, 3) in BGR, and its text
Draw = Callable[[int], Drawn]

CHUNK = 32  # images that a process draws before it hands them over


class Rounds:
    """Draw images in rounds, one round ahead of what is taken.

    The images of round r are those of the numbers from r * size on, whoever draws them and
    wherever one begins.

    Args:
        draw: returns the image of a number; can be pickled.
        size: images of a round.
        processes: that draw.
    """

    def __init__(self, draw: Draw, size: int, processes: int) -> None:
        self.size = size
        self._pool = ProcessPoolExecutor(
            processes, get_context("spawn"), initializer=_begin, initargs=(draw,)
        )
        self._ahead: dict[int, list[Future[list[Drawn]]]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the processes, when they have drawn what they are at."""
        self._pool.shutdown(cancel_futures=True)

    def take(self, number: int) -> list[Drawn]:
        """Return a round, counted from 0, and have the next one drawn.

        Raises:
            InputError: a process that draws has ended.
        """
        try:
            self._ask(number)
            asked = self._ahead.pop(number)
            self._ahead = {}
            self._ask(number + 1)
            return [drawn for chunk in asked for drawn in chunk.result()]
        except BrokenProcessPool as error:
            raise InputError(
                "expected the processes that draw to go on, received the end of one: there may be "
                "too little memory for so many; go on with fewer"
            ) from error

    def _ask(self, number: int) -> None:
        if number not in self._ahead:
            first, end = number * self.size, (number + 1) * self.size
            self._ahead[number] = [
                self._pool.submit(_draw, range(place, min(place + CHUNK, end)))
                for place in range(first, end, CHUNK)
            ]


_DRAWING: dict[str, Any] = {}  # what a process draws


def _begin(draw: Draw) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that trains
    cv2.setNumThreads(1)
    if hasattr(os, "nice"):
        os.nice(10)  # what learns comes first
    _DRAWING.update(draw=draw)


def _draw(numbers: range) -> list[Drawn]:
    return list(map(_DRAWING["draw"], numbers))
