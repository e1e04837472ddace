"""Batches of samples: what a data provider does for each of them, here or in another process."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from typing import Any, NamedTuple

import numpy as np

from ctckit.errors import InputError
from ctckit.feed.cache import CacheRoom, Kept
from ctckit.image.address import expect_bytes
from ctckit.image.steps import Step, apply_steps
from ctckit.image.widths import stack_images
from ctckit.log import LOGGER

MAX_TRIED = 100  # samples in a row, for one that can be read
MAX_NAMED = 20  # samples that others stand in for; the rest is counted only


class BatchPlan(NamedTuple):
    """Which samples a batch holds and how they are varied.

    Attributes:
        positions: of the samples.
        seed: of the augmentors' random numbers, with `epoch` and the position of the sample.
        epoch: 0, 1, …
        augmentors: callables (image, label, rng) -> (image, label).
        postprocessors: callables (images, labels) -> (images, labels) on stacked arrays.
    """

    positions: list[int]
    seed: int = 0
    epoch: int = 0
    augmentors: Sequence[Callable[..., tuple[Any, Any]]] = ()
    postprocessors: Sequence[Step] = ()

    def share(self, index: int, number: int) -> "BatchPlan":
        """Return what one of `number` devices makes of the batch: every so-many-th sample.

        Where it has fewer samples than there are devices, some get the first one, with weight 0.
        """
        return self._replace(positions=self.positions[index::number] or self.positions[:1])

    def weight(self, index: int, number: int) -> float:
        """Return how much of the batch that share is, 0…1."""
        return len(self.positions[index::number]) / len(self.positions)


class BatchMaker:
    """Make batches of samples: the same plan gives the same batch, in whatever process.

    Args:
        samples: pairs (image, label).
        steps: deterministic callables (image, label) -> (image, label).
        cache: room for the results of `steps`, which are kept as far as it goes; a copy in another
            process starts empty. None: nothing is kept.
        replace_unreadable: in the place of a sample that the steps refuse comes the next one that
            they do not; its image is named in the log once.
        free_width: images of a batch may differ in width, see `stack_images`.

    Attributes:
        replaced: why, by the positions of the samples that another one stood in for.
    """

    def __init__(
        self,
        samples: Sequence[tuple[Any, Any]],
        steps: Sequence[Step],
        *,
        cache: CacheRoom | None = None,
        replace_unreadable: bool = False,
        free_width: bool = False,
    ) -> None:
        self._samples = samples
        self._steps = tuple(steps)
        self._free_width = free_width
        self._kept: Kept[int] = Kept(cache)
        self._num_tried = min(MAX_TRIED, len(samples)) if replace_unreadable else 1
        self.replaced: dict[int, str] = {}

    def for_processes(self, number: int) -> "BatchMaker":
        """Return a copy for each of so many processes, which share the room."""
        maker = copy(self)
        maker._kept = self._kept.part(number)
        return maker

    def __call__(
        self, plan: BatchPlan, empty: Callable[..., np.ndarray] = np.empty
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the batch: images (B, H, W, C) uint8, labels (B, L) int32, if the steps say so.

        Where the width is free, images are int16 and as wide as the widest.

        Args:
            plan: what it holds.
            empty: makes the arrays for it, called with shape and dtype.

        Raises:
            InputError: the images, or the labels, are not of one shape and dtype.
        """
        expect_bytes(self._samples[each][0] for each in plan.positions if each not in self._kept)
        samples: Iterable[tuple[Any, Any]] = map(self._load, plan.positions)
        if plan.augmentors:
            samples = _augment(samples, plan)
        stack = _stack_widths if self._free_width else _stack
        batch = stack(samples, len(plan.positions), empty)
        for postprocess in plan.postprocessors:
            batch = postprocess(*batch)
        return batch

    def shape(self, position: int) -> tuple[int, int, int]:
        """Return height, width and channels of the image that the steps make of a sample."""
        height, width, channels = self._load(position)[0].shape
        return height, width, channels

    def _load(self, position: int) -> tuple[Any, ...]:
        return self._kept.get(position, self._first_readable)

    def _first_readable(self, position: int) -> tuple[Any, Any]:
        """Return the sample, or the first one behind it that can be read."""
        last = position + self._num_tried - 1
        for candidate in range(position, last):
            try:
                return self._prepared(candidate)
            except InputError as error:
                self.note_replaced(candidate % len(self._samples), str(error))
        return self._prepared(last)

    def _prepared(self, position: int) -> tuple[Any, Any]:
        """Return what the steps make of a sample; behind the last comes the first again."""
        return apply_steps(self._steps, *self._samples[position % len(self._samples)])

    def note_replaced(self, position: int, reason: str) -> None:
        """Remember that another sample stands in for one, and name it, if it is one of the first.

        The log of what comes after tells how many there are.
        """
        if position in self.replaced:
            return
        self.replaced[position] = reason
        if len(self.replaced) <= MAX_NAMED:
            LOGGER.warning("another image in the place of one: %s", reason)


def _stack(
    samples: Iterable[tuple[Any, Any]], count: int, empty: Callable[..., np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Stack images and labels, each as it comes, while it is still in the processor's cache."""
    batch: list[np.ndarray] = []
    for row, sample in enumerate(samples):
        parts = [np.asarray(part) for part in sample]
        if row == 0:
            batch = [empty((count, *part.shape), part.dtype) for part in parts]
        for stacked, part in zip(batch, parts, strict=True):
            if (part.shape, part.dtype) != (stacked.shape[1:], stacked.dtype):
                raise InputError(
                    f"batch: expected images and labels of one shape and dtype, received "
                    f"{stacked.shape[1:]} {stacked.dtype} and {part.shape} {part.dtype}; "
                    "resize the images, pad the labels"
                )
            stacked[row] = part
    images, labels = batch
    return images, labels


def _stack_widths(
    samples: Iterable[tuple[Any, Any]], count: int, empty: Callable[..., np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Stack images of one height, whose widths are known only when all have come, and labels."""
    images, labels = zip(*samples, strict=True)
    return stack_images(images, empty), np.stack(labels)


def _augment(samples: Iterable[tuple[Any, Any]], plan: BatchPlan) -> Iterator[tuple[Any, Any]]:
    generators = _Generators(plan.seed, plan.epoch)
    for position, (image, label) in zip(plan.positions, samples, strict=True):
        rng = generators.at(position)
        for augmentor in plan.augmentors:
            image, label = augmentor(image, label, rng)
        yield image, label


class _Generators:
    """The random numbers of every sample of an epoch, drawn when it is asked for.

    Philox (Salmon et al., 2011, "Parallel random numbers: as easy as 1, 2, 3") is a function of a
    key, here of seed and epoch, and of a counter, here from position·2¹⁹² on. To set the counter
    takes a tenth of the time of a generator for each sample.
    """

    def __init__(self, seed: int, epoch: int) -> None:
        self._philox = np.random.Philox(np.random.SeedSequence([seed, epoch]))
        self._start = self._philox.state
        self._generator = np.random.Generator(self._philox)

    def at(self, position: int) -> np.random.Generator:
        """Return the generator at the start of the sample's numbers; valid until the next call."""
        self._start["state"]["counter"][3] = position
        self._philox.state = self._start
        return self._generator
