"""From the rows of a list to samples: where each image is, and which rows cannot be used."""

from collections.abc import Sequence
from typing import NamedTuple

from ctckit.data.samples import LeftOut, Sample
from ctckit.errors import InputError
from ctckit.log import counted
from ctckit.sources.files.tree import Tree, first
from ctckit.sources.listing import Listing, listing_of_named
from ctckit.sources.lists.locator import Locator, plain_path


class Row(NamedTuple):
    """A line of a list: the image as it is named there, its label, the number of the line."""

    image: str
    label: str
    line: int = 0
    part: str = ""  # of the set: train, validation, test, or "" where the list does not say


def listing_of_rows(
    tree: Tree,
    name: str,
    rows: Sequence[Row],
    said: str,
    images_root: str | None = None,
) -> Listing:
    """Find the images of the rows of a list.

    They may be named relative to the list, to the whole tree, to a folder of images in it, to the
    folder above, to the working directory, or to where a run says that its images are; or by a
    file name that occurs once in the tree. Parts of Windows' paths may be there.

    Args:
        tree: where the list is.
        name: of the list in `tree`.
        rows: one for each image.
        said: how the list was understood, to show to people.
        images_root: where the images are now, if they were moved.

    Raises:
        InputError: most images are missing, or rows give an image different labels.
    """
    if not rows:
        raise InputError(f"expected rows in {tree.address(name)}, received none")
    find = Locator(tree, name, images_root).find
    named: list[tuple[str, str, Sample]] = []
    left_out: list[LeftOut] = []
    seen: dict[str, Row] = {}
    conflicts: list[str] = []
    missing = 0
    for row in rows:
        address = find(row.image)
        if not address:
            missing += 1
            left_out.append(LeftOut(row.image or "(no name)", row.label, "no such file"))
            continue
        earlier = seen.setdefault(address, row)
        if earlier is not row:
            if earlier.label != row.label:
                conflicts.append(_conflict(row, earlier))
            continue
        name_there = address.removeprefix(f"{tree.folder}/") if tree.folder else ""
        if not name_there or name_there == address:
            name_there = plain_path(row.image)
        named.append((name_there, row.part, Sample(address, row.label)))
    if missing * 2 >= len(rows):
        raise InputError(
            f"expected the images of {tree.address(name)} to exist, {missing} of {len(rows)} are "
            f"missing: {first([record.image for record in left_out])}; give paths relative to it, "
            "or the folder where the images are now (images_root)"
        )
    if conflicts:
        raise InputError(
            f"expected one label for each image in {tree.address(name)}, {len(conflicts)} are "
            f"given another one again: {first(conflicts)}; remove the wrong rows"
        )
    again = len(rows) - missing - len(seen)
    notes = (
        [f"not used, as they repeat an earlier one: {counted(again, 'row')} of {name}"]
        if again
        else []
    )
    if not any(part for _, part, _ in named):
        return listing_of_named(
            [(name, sample) for name, _, sample in named], said, left_out, notes
        )
    parts: dict[str, list[Sample]] = {"train": [], "validation": [], "test": []}
    for _, part, sample in named:
        parts[part or "train"].append(sample)
    return Listing(parts["train"], said, left_out, notes, parts["validation"], parts["test"])


def _conflict(row: Row, earlier: Row) -> str:
    lines = f" (lines {earlier.line} and {row.line})" if row.line else ""
    return f"{row.image} is {earlier.label!r} and {row.label!r}{lines}"
