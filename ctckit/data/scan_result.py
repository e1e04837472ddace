"""What is known of the images of a dataset once they were looked at."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ctckit.data.look import Look
from ctckit.data.samples import Dataset, Sample
from ctckit.image.rotate import turned_size

GREY_SHARE = 0.99


@dataclass(frozen=True)
class ScanResult:
    """A dataset whose images can be used as far as they were looked at, and their form.

    Attributes:
        dataset: The usable samples; the others are in its `left_out`.
        shapes: Height and width of each image that was looked at, in pixels.
        is_grey: At least 99 % of the images have no colour: `channels=1` loses nothing.
        tall: Images that are higher than wide.
        downwards: Of these, those whose text can only run from top to bottom, and are not turned.
        lines: Images that seem to hold several lines of text.
        blank: Usable images that show nothing, as their label says.
    """

    dataset: Dataset
    shapes: Mapping[Sample, tuple[int, int]]
    is_grey: bool
    tall: int = 0
    downwards: int = 0
    lines: int = 0
    blank: int = 0

    @property
    def sizes(self) -> Counter[tuple[int, int]]:
        """How many images there are of each height and width."""
        return Counter(self.shapes.values())

    @property
    def sampled(self) -> int | None:
        """How many images were looked at, where that were not all; None: all."""
        return self.dataset.sampled

    @property
    def median_size(self) -> tuple[int, int]:
        """The median height and the median width, in pixels."""
        height, width = np.median(list(self.sizes.elements()), axis=0).astype(int)
        return int(height), int(width)

    def turned(self, rotate: str | None) -> "ScanResult":
        """Return the same as the images are once they are turned, see `ImageRotator`."""
        return replace(
            self,
            shapes={sample: turned_size(size, rotate) for sample, size in self.shapes.items()},
        )


def scan_result(dataset: Dataset, looks: Mapping[Sample, Look]) -> ScanResult:
    """Sum up the looks at usable samples; `dataset` gets a note of what a person should know."""
    sizes = [look.size for look in looks.values()]
    found = ScanResult(
        dataset=dataset,
        shapes={sample: look.size for sample, look in looks.items()},
        is_grey=sum(look.is_grey for look in looks.values()) >= GREY_SHARE * len(looks),
        tall=sum(height > width for height, width in sizes),
        downwards=sum(look.is_downwards for look in looks.values()),
        lines=sum(look.has_lines for look in looks.values()),
        blank=sum(look.is_blank for look in looks.values()),
    )
    return replace(found, dataset=replace(dataset, notes=(*dataset.notes, *_remarks(found))))


def _remarks(found: ScanResult) -> list[str]:
    looked_at = sum(found.sizes.values())
    lines: list[str] = []
    if found.sampled is not None:
        every = len(found.dataset.everything) + found.sampled - looked_at  # some were left out
        lines.append(
            f"{found.sampled} of {every} images were looked at, drawn at random: which of the "
            "others cannot be read or are copies is not known; `ctckit data check` reads all"
        )
    if found.downwards:
        lines.append(
            f"the text of {found.downwards} of {looked_at} images runs up or down, as they are so "
            "much higher than wide: turn them, with --rotate 270 if it begins at the top, else 90"
        )
    if 2 * found.lines > looked_at:
        lines.append(
            f"{found.lines} of {looked_at} images seem to hold several lines of text, as they are "
            "too high for one; one line from left to right is what can be learned: cut them apart"
        )
    return lines
