"""What is known of the images of a dataset once they were looked at."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ctckit.data.samples import Dataset, Sample
from ctckit.image.rotate import turned_size

GREY_SHARE = 0.99


@dataclass(frozen=True)
class ScanResult:
    """A dataset whose images can be used as far as they were looked at, and their form.

    Attributes:
        dataset: The usable samples; the others are in its `left_out`.
        shapes: Height and width of each image that was looked at, in pixels; of very many, of
            those that were drawn.
        sizes: How many of all that were looked at there are of each height and width.
        is_grey: At least 99 % of the images have no colour: `channels=1` loses nothing.
        tall: Images that are higher than wide.
        downwards: Of these, those whose text can only run from top to bottom, and are not turned.
        lines: Images that seem to hold several lines of text.
        blank: Usable images that show nothing, as their label says.
    """

    dataset: Dataset
    shapes: Mapping[Sample, tuple[int, int]]
    sizes: Counter[tuple[int, int]]
    is_grey: bool
    tall: int = 0
    downwards: int = 0
    lines: int = 0
    blank: int = 0

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
        sizes: Counter[tuple[int, int]] = Counter()
        for size, number in self.sizes.items():
            sizes[turned_size(size, rotate)] += number
        shapes = {sample: turned_size(size, rotate) for sample, size in self.shapes.items()}
        return replace(self, shapes=shapes, sizes=sizes)


def scan_result(
    dataset: Dataset, forms: np.ndarray, shapes: Mapping[Sample, tuple[int, int]]
) -> ScanResult:
    """Sum up the looks at usable images; `dataset` gets a note of what a person should know.

    Args:
        dataset: of usable samples.
        forms: `look.FORM` (N,), of those that were looked at.
        shapes: heights and widths of some of them.
    """
    heights, widths = forms["size"].T
    sizes, numbers = np.unique(forms["size"], axis=0, return_counts=True)
    found = ScanResult(
        dataset=dataset,
        shapes=shapes,
        sizes=Counter(dict(zip(map(tuple, sizes.tolist()), numbers.tolist(), strict=True))),
        is_grey=bool(forms["is_grey"].sum() >= GREY_SHARE * len(forms)),
        tall=int((heights > widths).sum()),
        downwards=int(forms["is_downwards"].sum()),
        lines=int(forms["has_lines"].sum()),
        blank=int(forms["is_blank"].sum()),
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
