"""The values every part of the data ring passes on: a sample, a dataset, what was left out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import tee
from pathlib import Path
from typing import NamedTuple

from ctckit.files import write_table
from ctckit.image.address import absolute_all, relative_to


class Sample(NamedTuple):
    """One labelled image: its address, as `a.png` or `set.zip!a.png`, and the text it shows."""

    image: str
    label: str


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

    @property
    def everything(self) -> list[Sample]:
        """The samples of all parts."""
        return [*self.samples, *self.validation, *self.test]

    def without(self, left_out: list[LeftOut]) -> "Dataset":
        """Return this dataset less the given records, which are added to those left out."""
        if not left_out:
            return self
        gone = {record.image for record in left_out}

        def kept(samples: Sequence[Sample]) -> list[Sample]:
            return [sample for sample in samples if sample.image not in gone]

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
    samples, again = tee(samples)
    places = absolute_all(sample.image for sample in samples)
    return write_list(places, (sample.label for sample in again), path, root=root)


def write_list(
    places: Iterable[str], labels: Iterable[str], path: str | Path, *, root: str | Path | None
) -> Path:
    """Write a CSV as `write_csv` does, of absolute addresses and labels."""
    images = places if root is None else (relative_to(place, root) for place in places)
    return write_table(path, ("image", "label"), zip(images, labels, strict=True))
