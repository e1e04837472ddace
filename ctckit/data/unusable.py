"""Which images must not be trained on, and of what kind the reasons are."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from ctckit.data.look import Look
from ctckit.data.samples import LeftOut, Sample
from ctckit.image.address import name_of

UNREADABLE = "unreadable image"
BLANK = "blank image"
COPY = "copy of another image"
CONFLICT = "copy of another image with another label"
MISFIT = "label that the network cannot learn"

_BEGINNINGS = {"cannot read ": UNREADABLE, "label '": MISFIT, "same pixels as ": COPY}


def unusable(samples: Sequence[Sample], looks: Sequence[Look]) -> list[LeftOut]:
    """Return the samples that cannot be read, are blank though their label is not, or are copies.

    A copy has the pixels of an earlier sample.

    Args:
        samples: in the order of their rank: of equal images the first stays.
        looks: at the image of each.
    """
    first: dict[tuple[tuple[int, int], bytes], Sample] = {}
    left_out = []
    for sample, look in zip(samples, looks, strict=True):
        if look.error:
            left_out.append(LeftOut(*sample, look.error))
        elif look.is_blank and sample.label.strip():
            left_out.append(LeftOut(*sample, BLANK))
        elif (original := first.setdefault((look.size, look.digest), sample)) is not sample:
            left_out.append(LeftOut(*sample, _same_as(original, sample)))
    return left_out


def _same_as(original: Sample, copy: Sample) -> str:
    """Return the reason why a copy is left out; labels that conflict are named."""
    same = f"same pixels as {name_of(original.image)}, labelled {original.label!r}"
    return same if copy.label == original.label else f"{same}: labels in conflict"


def kinds_of(records: Iterable[LeftOut]) -> Counter[str]:
    """Count records by the kind of reason why they were left out.

    >>> kinds_of([LeftOut("a.png", "x", "cannot read a.png: the file is empty")])
    Counter({'unreadable image': 1})
    """
    return Counter(kind_of(record) for record in records)


def kind_of(record: LeftOut) -> str:
    """Return of what kind the reason of a record is, without the names and texts in it."""
    for beginning, kind in _BEGINNINGS.items():
        if record.reason.startswith(beginning):
            return CONFLICT if record.reason.endswith("labels in conflict") else kind
    return re.sub(r"(['\"]).*\1", "…", record.reason)
