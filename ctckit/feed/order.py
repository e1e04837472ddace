"""In which order the samples of an epoch come, and which of them share a batch."""

import math
from functools import lru_cache

import numpy as np

WINDOW = 32  # batches whose samples are sorted by width together
BATCH_PIXELS = 1_000_000  # a training step of crnn takes about 300 bytes for each


@lru_cache(maxsize=2)
def epoch_order(count: int, seed: int, epoch: int) -> np.ndarray:
    """Return the order of the samples in one epoch: the numbers 0…count-1, shuffled."""
    return np.random.default_rng([seed, epoch]).permutation(count)


def like_widths(
    positions: np.ndarray, widths: np.ndarray, *, batch_size: int, batch_columns: float
) -> list[np.ndarray]:
    """Cut the samples of a window into batches of like widths, the narrowest first.

    There are as many batches as `batch_size` asks for, so that the steps of an epoch can be counted
    before a width is known. Where the widest images would make a batch of more than
    `batch_columns`, they come in smaller batches, and the narrow ones in larger ones: of up to
    twice the size.

    Args:
        positions: of the samples, int (n,).
        widths: own widths of their images, int (n,), in pixels.
        batch_size: samples of a batch.
        batch_columns: pixels of width that a batch should have at most, padding included.

    Returns:
        Positions, one array a batch. A batch has more columns only where a single image has, or
        all batches have to.
    """
    order = np.argsort(widths, kind="stable")
    widths = widths[order]
    number = math.ceil(len(order) / batch_size)
    starts = np.arange(0, len(order), batch_size)
    limit = batch_columns
    while _columns(starts, widths) > limit:
        balanced = _cut(widths, limit, 2 * batch_size)
        if len(balanced) <= number:
            starts = balanced
            break
        limit *= 1.1
    return _filled(np.split(positions[order], starts[1:]), number)


def _columns(starts: np.ndarray, widths: np.ndarray) -> int:
    """Return the pixels of width of the largest batch."""
    ends = np.append(starts[1:], len(widths))
    return int(((ends - starts) * widths[ends - 1]).max())


def _cut(widths: np.ndarray, limit: float, most: int) -> np.ndarray:
    """Return where batches start that are as large as the limits allow, from the widest down."""
    starts, end = [], len(widths)
    while end:
        size = int(min(most, max(1, limit // widths[end - 1])))
        end = max(0, end - size)
        starts.append(end)
    return np.array(starts[::-1])


def _filled(batches: list[np.ndarray], number: int) -> list[np.ndarray]:
    """Return `number` batches: the largest ones are halved until there are enough."""
    while len(batches) < number:
        largest = max(range(len(batches)), key=lambda index: len(batches[index]))
        batches[largest : largest + 1] = np.array_split(batches[largest], 2)
    return batches
