"""The values every part of the data ring passes on: a sample, a dataset, what was left out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from ctckit.files import write_table
from ctckit.image.address import absolute


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

    `fingerprint` stands for pixels and labels of the readable images, once they were scanned:
    two datasets with the same one are the same, whatever their files are called.
    """

    name: str
    samples: Sequence[Sample]
    left_out: list[LeftOut] = field(default_factory=list)
    fingerprint: str = ""

    def without(self, left_out: list[LeftOut]) -> "Dataset":
        """Return this dataset less the given records, which are added to those left out."""
        gone = {record.image for record in left_out}
        kept = [sample for sample in self.samples if sample.image not in gone]
        return replace(self, samples=kept, left_out=[*self.left_out, *left_out])


def write_csv(samples: Iterable[Sample], path: str | Path) -> Path:
    """Write the samples as CSV with the header image,label; addresses are made absolute."""
    rows = ((absolute(sample.image), sample.label) for sample in samples)
    return write_table(path, ("image", "label"), rows)
