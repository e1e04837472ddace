"""Split samples into two disjoint parts, the same way every time."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np

from ctckit.errors import InputError

Item = TypeVar("Item", bound=Sequence)


def split_samples(
    samples: Sequence[Item], fraction: float, seed: int
) -> tuple[list[Item], list[Item]]:
    """Split `samples` at random into a part of `round(len(samples) * fraction)` and the rest.

    The parts depend on the samples and the seed alone, not on the order the samples come in.

    Args:
        samples: (image, label) pairs; the sequence itself is left as it is.
        fraction: size of the first part, greater than 0 and less than 1.
        seed: of the permutation, 0 or greater.

    Returns:
        The first part and the second, disjoint, each in permuted order.

    Raises:
        InputError: The fraction is out of range, or one part would be empty.
    """
    if not 0 < fraction < 1:
        raise InputError(
            f"expected a split fraction between 0 and 1 (both excluded), received {fraction}"
        )
    size = round(len(samples) * fraction)
    if not 0 < size < len(samples):
        raise InputError(
            f"expected enough samples for two parts, received {len(samples)}: split at "
            f"{fraction} leaves one part empty; use more images or another fraction"
        )
    shuffled = _shuffled(samples, seed)
    return shuffled[:size], shuffled[size:]


def split_folds(
    samples: Sequence[Item], num_folds: int, seed: int
) -> Iterator[tuple[list[Item], list[Item]]]:
    """Yield for each of `num_folds` folds all other samples, and the fold.

    Every sample is in exactly one fold; the folds differ in size by one at most, and depend on
    the samples and the seed alone.

    Raises:
        InputError: There are fewer than two folds, or more folds than samples.
    """
    if not 2 <= num_folds <= len(samples):
        raise InputError(
            f"expected 2 to {len(samples)} folds for {len(samples)} samples, received {num_folds}"
        )
    shuffled = _shuffled(samples, seed)
    folds = [shuffled[start::num_folds] for start in range(num_folds)]
    for index, fold in enumerate(folds):
        rest = [sample for other in folds[:index] + folds[index + 1 :] for sample in other]
        yield rest, fold


def _shuffled(samples: Sequence[Item], seed: int) -> list[Item]:
    ordered = sorted(samples, key=lambda sample: (str(sample[0]), str(sample[1])))
    return [ordered[i] for i in np.random.default_rng(seed).permutation(len(ordered))]
