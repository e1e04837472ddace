"""Split samples into disjoint parts, the same way every time."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar, overload

import numpy as np

from ctckit.errors import InputError

Item = TypeVar("Item", bound=Sequence[Any])


class Subset(Sequence[Item]):
    """Some of the samples in an order of their own: their positions, not a copy of them.

    Two of them are equal if their samples are, one by one.

    Args:
        samples: all of them.
        positions: int (N,), of those in this part.
    """

    def __init__(self, samples: Sequence[Item], positions: np.ndarray) -> None:
        self._samples = samples
        self._positions = positions

    def __len__(self) -> int:
        return len(self._positions)

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> "Subset[Item]": ...
    def __getitem__(self, index: int | slice) -> "Item | Subset[Item]":
        """Return a sample, or some of them as another subset."""
        if isinstance(index, slice):
            return Subset(self._samples, self._positions[index])
        return self._samples[int(self._positions[index])]

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Subset) else NotImplemented


def split_samples(
    samples: Sequence[Item], fraction: float, seed: int
) -> tuple[Subset[Item], Subset[Item]]:
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
            f"expected a split fraction between 0 and 1 (both excluded), received {fraction}; "
            "0.9 leaves every tenth sample for the second part",
            argument="fraction",
        )
    size = round(len(samples) * fraction)
    if not 0 < size < len(samples):
        raise InputError(
            f"split: expected enough samples for two parts, received {len(samples)}, of which a "
            f"fraction of {fraction} leaves one part empty; use more images or another fraction"
        )
    shuffled = _shuffled_positions(samples, seed)
    return Subset(samples, shuffled[:size]), Subset(samples, shuffled[size:])


def split_folds(
    samples: Sequence[Item], num_folds: int, seed: int
) -> Iterator[tuple[Subset[Item], Subset[Item]]]:
    """Yield for each of `num_folds` folds all other samples, and the fold.

    Every sample is in exactly one fold; the folds differ in size by one at most, and depend on
    the samples and the seed alone.

    Raises:
        InputError: There are fewer than two folds, or more folds than samples.
    """
    if not 2 <= num_folds <= len(samples):
        raise InputError(
            f"expected 2 to {len(samples)} folds for {len(samples)} samples, received "
            f"{num_folds}; choose a number within it, or use more images",
            argument="num_folds",
        )
    shuffled = _shuffled_positions(samples, seed)
    folds = [shuffled[start::num_folds] for start in range(num_folds)]
    for index, fold in enumerate(folds):
        rest = np.concatenate(folds[:index] + folds[index + 1 :])
        yield Subset(samples, rest), Subset(samples, fold)


def _shuffled_positions(samples: Sequence[Item], seed: int) -> np.ndarray:
    """Sort by image and label, so that the order they come in is forgotten; then shuffle."""
    keys = [(str(sample[0]), str(sample[1])) for sample in samples]
    ordered = sorted(range(len(keys)), key=keys.__getitem__)
    return np.array(ordered)[np.random.default_rng(seed).permutation(len(ordered))]
