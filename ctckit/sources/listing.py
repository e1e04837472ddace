"""What a layout finds: samples, in parts where the set came so."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ctckit.data.samples import LeftOut, Sample
from ctckit.image.address import name_of

PARTS = {  # what people call the parts of a set, and what we call them
    "train": "train", "training": "train", "trn": "train",
    "val": "validation", "valid": "validation", "validation": "validation", "dev": "validation",
    "eval": "validation",
    "test": "test", "testing": "test", "tst": "test", "evaluation": "test",
}  # fmt: skip


class Listing(NamedTuple):
    """What a layout found.

    Attributes:
        samples: to learn from.
        said: how images and labels lie, to show to people.
        left_out: what looked like a sample and is none.
        notes: what a person should know, a line each.
        validation: a part that came as such.
        test: a part that came as such.
    """

    samples: list[Sample]
    said: str
    left_out: Sequence[LeftOut] = ()
    notes: Sequence[str] = ()
    validation: Sequence[Sample] = ()
    test: Sequence[Sample] = ()


def listing_of_named(
    named: Sequence[tuple[str, Sample]],
    said: str,
    left_out: Sequence[LeftOut] = (),
    notes: Sequence[str] = (),
) -> Listing:
    """Return samples as a listing, in parts if they lie in folders called so.

    Args:
        named: the name of each image, with the folders it lies in, and the sample.
        said: how they were understood, to show to people.
        left_out: what looked like a sample and is none.
        notes: what a person should know.
    """
    parts = by_parts(named)
    if parts is None:
        return Listing([sample for _, sample in named], said, left_out, notes)
    return Listing(parts["train"], said, left_out, notes, parts["validation"], parts["test"])


def by_parts(samples: Iterable[tuple[str, Sample]]) -> dict[str, list[Sample]] | None:
    """Return samples by the part of the set that their folder names, or None where not all do.

    Args:
        samples: the name of each in its tree, and the sample.
    """
    found: dict[str, list[Sample]] = {"train": [], "validation": [], "test": []}
    for name, sample in samples:
        folders = name.lower().split("/")[:-1]
        part = next((PARTS[folder] for folder in folders if folder in PARTS), None)
        if part is None:
            return None
        found[part].append(sample)
    return found if found["train"] and (found["validation"] or found["test"]) else None


def shown(samples: Sequence[Sample]) -> list[str]:
    """Return the first three samples as lines to show to people.

    Where their files are called alike, the folders stand before the names.
    """
    names = [name_of(image) for image, _ in samples[:3]]
    if len(set(names)) < len(names):
        names = ["/".join(re.split(r"[/\\!]", image)[-2:]) for image, _ in samples[:3]]
    return [f"{name} → {label}" for name, (_, label) in zip(names, samples, strict=False)]
