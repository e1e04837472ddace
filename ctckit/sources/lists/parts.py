"""Lists whose names differ only in the part of the set that they are of: `train.csv`, `val.csv`."""

import re

from ctckit.errors import InputError
from ctckit.sources.files.tree import Tree, join
from ctckit.sources.listing import PARTS


def files_of_parts(tree: Tree, name: str) -> dict[str, str]:
    """Return the lists of all parts by the part, that of `name` among them.

    Nothing where the name tells no part, where there is no list to train on or no other one beside
    it, and where the tree is not whole: a list that was given is meant alone.

    Raises:
        InputError: there are two lists for a part.
    """
    folder, _, file = name.rpartition("/")
    frame = part_of(file)
    if frame is None or not tree.whole:
        return {}
    found: dict[str, str] = {}
    for other in sorted(tree.entries(folder).files):
        part = part_of(other)
        if part is not None and part[1] == frame[1]:
            if part[0] in found:
                raise InputError(
                    f"expected one list for each part of a set in {tree.place}, received "
                    f"{found[part[0]]} and {other}; put them together"
                )
            found[part[0]] = join(folder, other)
    return found if len(found) > 1 and "train" in found else {}


def part_of(file: str) -> tuple[str, str] | None:
    """Return the part that a list's name says it is of, and the name with the part left open.

    >>> part_of("gt_train.txt"), part_of("labels.csv")
    (('train', 'gt_*.txt'), None)
    """
    words = re.split(r"([-_. ])", file.lower())
    places = [index for index, word in enumerate(words) if word in PARTS]
    if len(places) != 1:
        return None
    part = PARTS[words[places[0]]]
    words[places[0]] = "*"
    return part, "".join(words)
