"""The values every part of the data ring passes on: samples, a dataset, what was left out."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise, starmap
from operator import index, le
from pathlib import Path
from typing import NamedTuple, overload

import numpy as np

from ctckit.data.texts import GrowingTexts, Positions, Texts, chunks, equal
from ctckit.files import write_table
from ctckit.image.address import absolute_all, relative_to


class Sample(NamedTuple):
    """One labelled image: its address, as `a.png` or `set.zip!a.png`, and the text it shows."""

    image: str
    label: str


class Samples(Sequence[Sample]):
    """Labelled images that do not change, in two columns: a `Sample` is made when it is asked for.

    Some of them, in an order of their own, share the columns and are 8 bytes each. They equal any
    other sequence of the same samples.

    Args:
        images: addresses (N,).
        labels: texts (N,).
        positions: int (M,), of those that are meant, in their order; None: all.

    >>> samples = Samples.of([("a.png", "1"), ("b.png", "2"), ("c.png", "3")])
    >>> samples[2], [*samples[1:].labels], [*samples[np.array([2, 0])].images]
    (Sample(image='c.png', label='3'), ['2', '3'], ['c.png', 'a.png'])
    """

    def __init__(self, images: Texts, labels: Texts, positions: np.ndarray | None = None) -> None:
        self._images = images
        self._labels = labels
        self._positions = positions

    @staticmethod
    def of(samples: Iterable[tuple[str, str]]) -> "Samples":
        """Return pairs of an address and a text as such; what is such already stays as it is."""
        if isinstance(samples, Samples):
            return samples
        images, labels = GrowingTexts(), GrowingTexts()
        for chunk in chunks(samples):
            images.extend([image for image, _ in chunk])
            labels.extend([label for _, label in chunk])
        return Samples(images.texts(), labels.texts())

    @property
    def images(self) -> Texts:
        """The addresses."""
        return self._images if self._positions is None else self._images[self._positions]

    @property
    def labels(self) -> Texts:
        """What the images show."""
        return self._labels if self._positions is None else self._labels[self._positions]

    def __len__(self) -> int:
        return len(self._images) if self._positions is None else len(self._positions)

    @overload
    def __getitem__(self, place: int) -> Sample: ...
    @overload
    def __getitem__(self, place: Positions) -> "Samples": ...
    def __getitem__(self, place: int | Positions) -> "Sample | Samples":
        """Return a sample, or those of a slice, of positions, or where a mask is true."""
        if isinstance(place, (slice, np.ndarray)):
            return Samples(self._images, self._labels, self._own_positions()[place])
        number = range(len(self))[index(place)]
        if self._positions is not None:
            number = int(self._positions[number])
        return Sample(self._images[number], self._labels[number])

    def __iter__(self) -> Iterator[Sample]:
        return map(Sample, self.images, self.labels)

    def __add__(self, others: Iterable[Sample]) -> "Samples":
        """Return these samples and behind them others."""
        others = Samples.of(others)
        if self._images is others._images and self._labels is others._labels:
            positions = np.concatenate([self._own_positions(), others._own_positions()])
            return Samples(self._images, self._labels, positions)
        return Samples(self.images + others.images, self.labels + others.labels)

    def __eq__(self, other: object) -> bool:
        return equal(self, other)

    def __repr__(self) -> str:
        return f"<{len(self)} samples>"

    def __reduce__(self) -> tuple[type["Samples"], tuple[Texts, Texts]]:
        """Pickle these samples, without others that share the columns."""
        return Samples, (self.images, self.labels)

    def where(self, kept: Iterable[bool]) -> "Samples":
        """Return those of which `kept`, one for each, says so."""
        return self[np.fromiter(kept, bool, len(self))]

    def sorted(self) -> "Samples":
        """Return them by address, then by label."""
        return self if self._is_sorted() else self[self.sorted_positions()]

    def sorted_positions(self) -> np.ndarray:
        """Return the positions that put them in the order of their addresses, then of labels."""
        if self._is_sorted():  # else there is an object for each text for a while
            return np.arange(len(self))
        by_label = sorted(range(len(self)), key=[*self.labels].__getitem__)
        return np.array(sorted(by_label, key=[*self.images].__getitem__))

    def _is_sorted(self) -> bool:
        return all(starmap(le, pairwise(self)))

    def _own_positions(self) -> np.ndarray:
        return np.arange(len(self)) if self._positions is None else self._positions


class LeftOut(NamedTuple):
    """A record that is not used, and why."""

    image: str
    label: str
    reason: str


@dataclass(frozen=True)
class Dataset:
    """Labelled images under one name, sorted by address, with the records that were left out.

    Attributes:
        name: to call it by.
        samples: to learn from; a part of them is held back where `validation` is empty.
        left_out: records that are not used.
        fingerprint: stands for pixels and labels of the readable images, once they were scanned:
            two datasets with the same one are the same, whatever their files are called.
        validation: a part that came as such, to choose the epoch by; in none of the others.
        test: a part that came as such, to judge by in the end; in none of the others.
        unlabelled: addresses of images without labels, to learn from too; in none of the others.
        layout: how images and labels lie there, to show to people.
        notes: what a person should know of images and labels, a line each.
        sampled: how many images were looked at, where there are too many to read them all before
            a training; None: all of them.
        place: where it lies on this machine: a folder, an archive or a list; "" where it does not.
    """

    name: str
    samples: Sequence[Sample]
    left_out: list[LeftOut] = field(default_factory=list)
    fingerprint: str = ""
    validation: Sequence[Sample] = ()
    test: Sequence[Sample] = ()
    unlabelled: Sequence[str] = ()
    layout: str = ""
    notes: tuple[str, ...] = ()
    sampled: int | None = None
    place: str = ""

    @property
    def everything(self) -> Samples:
        """The samples of all parts."""
        return Samples.of(self.samples) + self.validation + self.test

    def without(self, left_out: list[LeftOut]) -> "Dataset":
        """Return this dataset less the given records, which are added to those left out."""
        if not left_out:
            return self
        gone = {record.image for record in left_out}

        def kept(samples: Sequence[Sample]) -> Samples:
            samples = Samples.of(samples)
            return samples.where(image not in gone for image in samples.images)

        return replace(
            self,
            samples=kept(self.samples),
            validation=kept(self.validation),
            test=kept(self.test),
            left_out=[*self.left_out, *left_out],
        )


def write_csv(
    samples: Iterable[Sample], path: str | Path, *, root: str | Path | None = None
) -> Path:
    """Write the samples as CSV with the header image,label.

    Args:
        samples: to write.
        path: of the file.
        root: an absolute folder that holds all images; their addresses are written relative to
            it, with `/`. None: absolute ones are written.
    """
    samples = Samples.of(samples)
    return write_list(absolute_all(samples.images), samples.labels, path, root=root)


def write_list(
    places: Iterable[str], labels: Iterable[str], path: str | Path, *, root: str | Path | None
) -> Path:
    """Write a CSV as `write_csv` does, of absolute addresses and labels."""
    images = places if root is None else (relative_to(place, root) for place in places)
    return write_table(path, ("image", "label"), zip(images, labels, strict=True))
