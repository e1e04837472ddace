"""Names of several fields, parted by underscores, which texts in images hardly ever hold."""

import re
from collections.abc import Sequence

from ctckit.errors import InputError
from ctckit.sources.names.patterns import DATE, DAY_FIRST, TIME, UNIQUE
from ctckit.sources.names.rules import MANY, NEARLY_ALL

FEW = 20  # times as many different values has the label than a field such as front, back

_MADE = re.compile(rf"{UNIQUE}|{DATE}|{DAY_FIRST}|{TIME}|[0-9]+x[0-9]+|[0-9]*\.[0-9]+")
_HEXADECIMAL = re.compile(r"[0-9a-fA-F]{6,}")


def have_fields(names: Sequence[str]) -> bool:
    """Say whether nearly all names have an underscore.

    >>> have_fields(["ab_1", "cd_7", "ef_8", "gh_2", "ij_9"]), have_fields(["ab", "cd_7"])
    (True, False)
    """
    return len(names) >= MANY and sum("_" in name for name in names) >= NEARLY_ALL * len(names)


def label_field(names: Sequence[str]) -> int:
    """Return which field of each name is the label: the only one that can be a text.

    A field is none where all names have the same, where a program made it (hashes, dates, sizes,
    numbers with a point), where it has few values and another one has many, and where it is a
    number and another one has letters.

    Args:
        names: that `have_fields`.

    Raises:
        InputError: several fields can be the label, or none, or the names have different numbers
            of them.

    >>> label_field(["x_ab3d_5", "x_hjkm_5", "x_qrst_5", "x_uvwx_5", "x_yz23_5"])
    1
    """
    rows = [name.split("_") for name in names]
    width = len(rows[0])
    if any(len(row) != width for row in rows):
        raise _unclear(names)
    columns = {place: [row[place] for row in rows] for place in range(width)}
    different = {place: len(set(values)) for place, values in columns.items()}
    texts = {
        place: values
        for place, values in columns.items()
        if different[place] > 1 and different[place] * FEW > max(different.values())
        and not all(map(_MADE.fullmatch, values))
    }  # fmt: skip
    with_letters = {place for place, values in texts.items() if not all(map(str.isdecimal, values))}
    hashes = {place for place in with_letters if _is_hash(columns[place])}
    places = with_letters - hashes or with_letters
    if len(places) != 1 or len(texts) - len(with_letters) > 1:  # 05_UV_738 may be a plate
        raise _unclear(names)
    return places.pop()


def _is_hash(values: Sequence[str]) -> bool:
    """Say whether a field holds hexadecimal digits of one length, others in each name."""
    return (
        len(set(values)) == len(values)
        and len(set(map(len, values))) == 1
        and all(map(_HEXADECIMAL.fullmatch, values))
    )


def _unclear(names: Sequence[str]) -> InputError:
    return InputError(
        "expected names of files that hold their labels, received several fields parted by '_', "
        f"such as {', '.join(names[:3])}; say which is the label, as '.*_(?P<label>.+)' for the "
        "last one, or '(?P<label>.+)' if all of it is",
        argument="label_pattern",
    )
