"""Split samples into disjoint parts, the same way every time."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar, cast, overload

import numpy as np

from ctckit.data.samples import Samples
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
    samples: Sequence[Item],
    fraction: float,
    seed: int,
    *,
    group_of: Callable[[Item], str] | None = None,
) -> tuple[Sequence[Item], Sequence[Item]]:
    """Split `samples` at random into a part of `round(len(samples) * fraction)` and the rest.

    The parts depend on the samples and the seed alone, not on the order the samples come in.
    Samples of one group come together, so that the sizes are met as well as the groups allow.

    Args:
        samples: (image, label) pairs; the sequence itself is left as it is.
        fraction: size of the first part, greater than 0 and less than 1.
        seed: of the permutation, 0 or greater.
        group_of: returns what names the group of a sample; None: each is one by itself.

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
    if group_of is None:
        return _part(samples, shuffled[:size]), _part(samples, shuffled[size:])
    second = _some_groups(_groups(samples, shuffled, group_of), len(samples) - size)
    first = shuffled[~np.isin(shuffled, second)]
    if not len(first) or not len(second):
        raise InputError(
            f"expected groups that can be parted, received {len(samples)} samples of which one "
            "part would be empty; use smaller groups",
            argument="group_by",
        )
    return _part(samples, first), _part(samples, second)


def split_folds(
    samples: Sequence[Item],
    num_folds: int,
    seed: int,
    *,
    group_of: Callable[[Item], str] | None = None,
) -> Iterator[tuple[Sequence[Item], Sequence[Item]]]:
    """Yield for each of `num_folds` folds all other samples, and the fold.

    Every sample is in exactly one fold; the folds differ in size by one at most, and depend on
    the samples and the seed alone. Samples of one group come in one fold, of whatever size.

    Raises:
        InputError: There are fewer than two folds, or more folds than samples or groups.
    """
    if not 2 <= num_folds <= len(samples):
        raise InputError(
            f"expected 2 to {len(samples)} folds for {len(samples)} samples, received "
            f"{num_folds}; choose a number within it, or use more images",
            argument="num_folds",
        )
    shuffled = _shuffled_positions(samples, seed)
    folds = [shuffled[start::num_folds] for start in range(num_folds)]
    if group_of is not None:
        groups = _groups(samples, shuffled, group_of)
        if len(groups) < num_folds:
            raise InputError(
                f"expected {num_folds} groups or more for {num_folds} folds, received "
                f"{len(groups)}; use fewer folds or smaller groups",
                argument="group_by",
            )
        folds = _folds_of_groups(groups, num_folds)
    for index, fold in enumerate(folds):
        rest = np.concatenate(folds[:index] + folds[index + 1 :])
        yield _part(samples, rest), _part(samples, fold)


def _shuffled_positions(samples: Sequence[Item], seed: int) -> np.ndarray:
    """Sort by image and label, so that the order they come in is forgotten; then shuffle."""
    if isinstance(samples, Samples):
        ordered = samples.sorted_positions()
    else:
        keys = [(str(sample[0]), str(sample[1])) for sample in samples]
        ordered = np.array(sorted(range(len(keys)), key=keys.__getitem__))
    return ordered[np.random.default_rng(seed).permutation(len(ordered))]


def _groups(
    samples: Sequence[Item], order: np.ndarray, group_of: Callable[[Item], str]
) -> list[list[int]]:
    """Return the positions of each group, groups and positions in the order given."""
    groups: dict[str, list[int]] = defaultdict(list)
    for position, sample in zip(order.tolist(), _part(samples, order), strict=True):
        groups[group_of(sample)].append(position)
    return list(groups.values())


def _part(samples: Sequence[Item], positions: np.ndarray) -> Sequence[Item]:
    """Return some of the samples: their positions, not a copy of them."""
    if isinstance(samples, Samples):
        return cast(Sequence[Item], samples[positions])
    return Subset(samples, positions)


def _some_groups(groups: list[list[int]], size: int) -> np.ndarray:
    """Return the positions of some groups, together as near to `size` as their order allows."""
    chosen: list[int] = []
    for group in groups:
        if abs(len(chosen) + len(group) - size) <= abs(len(chosen) - size):
            chosen += group
    return np.array(chosen, dtype=int)


def _folds_of_groups(groups: list[list[int]], num_folds: int) -> list[np.ndarray]:
    """Deal the groups out, the largest first, each to the fold that has least."""
    folds: list[list[int]] = [[] for _ in range(num_folds)]
    for group in sorted(groups, key=len, reverse=True):
        min(folds, key=len).extend(group)
    return [np.array(fold) for fold in folds]
