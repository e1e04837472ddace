"""Which images must not be trained on, and of what kind the reasons are."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from ctckit.data.look import Looks
from ctckit.data.samples import LeftOut, Sample
from ctckit.image.address import name_of

UNREADABLE = "unreadable image"
BLANK = "blank image"
COPY = "copy of another image"
CONFLICT = "copy of another image with another label"
MISFIT = "label that the network cannot learn"

_BEGINNINGS = {"cannot read ": UNREADABLE, "label '": MISFIT, "same pixels as ": COPY}


def unusable(samples: Sequence[Sample], looks: Looks) -> list[LeftOut]:
    """Return the samples that cannot be read, are blank though their label is not, or are copies.

    A copy has the pixels of an earlier sample.

    Args:
        samples: in the order of their rank: of equal images the first stays.
        looks: at the image of each.
    """
    reasons = dict(looks.errors)
    for place in np.flatnonzero(looks.forms["is_blank"]).tolist():
        if samples[place].label.strip():
            reasons[place] = BLANK
    usable = np.ones(len(samples), bool)
    usable[[*reasons]] = False
    for copy, original in _copies(looks.forms, np.flatnonzero(usable)):
        reasons[copy] = _same_as(samples[original], samples[copy])
    return [LeftOut(*samples[place], reasons[place]) for place in sorted(reasons)]


def _copies(forms: np.ndarray, usable: np.ndarray) -> Iterator[tuple[int, int]]:
    """Yield the positions of each image that has the pixels of an earlier one, and of that one."""
    columns = np.column_stack([forms["size"].astype("<u8"), forms["digest"]])[usable]
    order = np.lexsort(columns.T)  # stable: of equal ones the first is the first
    ordered = columns[order]
    starts = np.ones(len(order), bool)
    starts[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    first = np.flatnonzero(starts)[np.cumsum(starts) - 1]
    places = usable[order]
    yield from zip(places[~starts].tolist(), places[first[~starts]].tolist(), strict=True)


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
