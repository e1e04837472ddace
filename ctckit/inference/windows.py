"""Which images are read together."""

import math
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np

TURNS = 8  # batches of each thread whose images are sorted by width together


class Prepared(NamedTuple):
    """An image on its way: its place, its pixels if they are kept, the network's input."""

    place: int
    pixels: np.ndarray | None
    made: np.ndarray


Prepare = Callable[[Iterable[int]], Iterable[Prepared]]  # at these places; some may be left out
Batches = Callable[[Prepare, int, int, int], Iterator[list[Prepared]]]


def batches_of_parts(
    batches: Batches, prepare: Prepare, images: int, part_size: int, batch_size: int, threads: int
) -> Iterator[list[Prepared]]:
    """Yield the batches of parts of the images, one after the other; none holds images of two."""
    for start in range(0, images, part_size):

        def prepare_part(places: Iterable[int], start: int = start) -> Iterable[Prepared]:
            return prepare(start + place for place in places)

        yield from batches(prepare_part, min(part_size, images - start), batch_size, threads)


def batches_in_order(
    prepare: Prepare, images: int, batch_size: int, threads: int
) -> Iterator[list[Prepared]]:
    """Yield the images in batches of up to `batch_size`, in their order."""
    for places in even_chunks(images, batch_size, threads):
        yield list(prepare(places))


def batches_by_width(
    prepare: Prepare, images: int, batch_size: int, threads: int
) -> Iterator[list[Prepared]]:
    """Yield the images in batches of like widths, so that little of a batch is no image.

    Windows of `TURNS` batches for each thread are prepared and sorted one after the other: more
    than two of them are never in memory.
    """
    size = TURNS * batch_size * threads
    for start in range(0, images, size):
        window = prepare(range(start, min(start + size, images)))
        in_order = sorted(window, key=lambda one: one.made.shape[1])
        for chunk in even_chunks(len(in_order), batch_size, threads):
            yield [in_order[index] for index in chunk]


def even_chunks(images: int, largest: int, threads: int) -> Iterator[range]:
    """Cut the places into chunks of up to `largest`, so that no thread gets a chunk less to do."""
    if not images:
        return
    turns = math.ceil(images / (largest * threads))
    size = math.ceil(images / (turns * threads))
    for start in range(0, images, size):
        yield range(start, min(start + size, images))
