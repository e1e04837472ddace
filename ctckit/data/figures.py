"""What a set of labelled images is like, in numbers."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from ctckit.data.samples import LeftOut
from ctckit.data.scan_result import ScanResult
from ctckit.data.unusable import CONFLICT, kind_of, kinds_of

NUM_SHOWN = 3
NUM_REPEATED = 10  # labels that occur most often, named


def set_figures(found: ScanResult) -> dict[str, Any]:
    """Return what `scan` found, ready for JSON.

    Characters and labels are counted in the usable images of all parts, most frequent first;
    sizes are [height, width] in pixels.
    """
    dataset = found.dataset
    labels = [label for _, label in dataset.everything]
    characters = Counter("".join(labels))
    return {
        "dataset": dataset.name,
        "layout": dataset.layout,
        "first": [sample._asdict() for sample in dataset.samples[:NUM_SHOWN]],
        "samples": len(dataset.samples),
        "validation": len(dataset.validation),
        "test": len(dataset.test),
        "left_out": dict(kinds_of(dataset.left_out).most_common()),
        "looked_at": sum(found.sizes.values()),
        "sizes": _sizes(found),
        "is_grey": found.is_grey,
        "tall": found.tall,
        "downwards": found.downwards,
        "several_lines": found.lines,
        "blank": found.blank,
        "characters": dict(characters.most_common()),
        "characters_once": sorted(c for c, count in characters.items() if count == 1),
        "label_lengths": dict(sorted(Counter(map(len, labels)).items())),
        "labels": _labels(labels),
        "notes": list(dataset.notes),
        "records_left_out": [record._asdict() for record in in_conflict_first(dataset.left_out)],
    }


def in_conflict_first(records: Iterable[LeftOut]) -> list[LeftOut]:
    """Return records, copies whose labels are in conflict first: a label there is wrong."""
    return sorted(records, key=lambda record: kind_of(record) != CONFLICT)


def _sizes(found: ScanResult) -> dict[str, Any]:
    by_area = sorted(found.sizes, key=lambda size: (size[0] * size[1], size))
    return {
        "shapes": len(by_area),
        "smallest": list(by_area[0]),
        "median": list(found.median_size),
        "largest": list(by_area[-1]),
        "most": [[*size, count] for size, count in found.sizes.most_common(NUM_SHOWN)],
    }


def _labels(labels: Sequence[str]) -> dict[str, Any]:
    counts = Counter(labels)
    repeated = Counter({label: count for label, count in counts.items() if count > 1})
    return {
        "different": len(counts),
        "repeated": len(repeated),
        "images_of_repeated": sum(repeated.values()),
        "most": dict(repeated.most_common(NUM_REPEATED)),
    }
