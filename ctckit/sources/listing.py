"""What a layout finds: samples, in parts where the set came so."""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

from ctckit.data.samples import LeftOut, Sample
from ctckit.errors import InputError
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


def joined(listings: Iterable[tuple[str, Listing]], said: str) -> Listing:
    """Return several listings as one.

    Args:
        listings: each with the part of the set that all its samples are: train, validation, test.
        said: how they were understood, to show to people.
    """
    parts: dict[str, list[Sample]] = {"train": [], "validation": [], "test": []}
    left_out: list[LeftOut] = []
    notes: list[str] = []
    for part, listing in listings:
        parts[part] += (*listing.samples, *listing.validation, *listing.test)
        left_out += listing.left_out
        notes += listing.notes
    return Listing(parts["train"], said, left_out, notes, parts["validation"], parts["test"])


def by_parts(samples: Iterable[tuple[str, Sample]]) -> dict[str, list[Sample]] | None:
    """Return samples by the part of the set that their folder names, or None where not all do.

    Args:
        samples: the name of each in its tree, and the sample.

    Raises:
        InputError: there are parts, but none to train on.
    """
    found: dict[str, list[Sample]] = {"train": [], "validation": [], "test": []}
    for name, sample in samples:
        parts = map(part_of_folder, name.split("/")[:-1])
        part = next(filter(None, parts), "")
        if not part:
            return None
        found[part].append(sample)
    if sum(map(bool, found.values())) < 2:
        return None
    if not found["train"]:
        raise InputError(
            "expected a part to train on, received folders to validate and to test with only; "
            "call the folder of the others train",
            argument="dataset",
        )
    return found


@cache  # asked for each image
def part_of_folder(folder: str) -> str:
    """Return the part of a set that a folder's name says it is, or "".

    >>> part_of_folder("Train"), part_of_folder("test_images"), part_of_folder("A")
    ('train', 'test', '')
    """
    parts = {PARTS[word] for word in re.split(r"[-_ .]", folder.lower()) if word in PARTS}
    return parts.pop() if len(parts) == 1 else ""


def shown(samples: Sequence[Sample]) -> list[str]:
    """Return the first three samples as lines to show to people.

    Where their files are called alike, the folders stand before the names.
    """
    names = [name_of(image) for image, _ in samples[:3]]
    if len(set(names)) < len(names):
        names = ["/".join(re.split(r"[/\\!]", image)[-2:]) for image, _ in samples[:3]]
    return [f"{name} → {label}" for name, (_, label) in zip(names, samples, strict=False)]
