"""What cannot be the labels of a set: numbers of files, hashes, dates, all the same."""

import re
from collections.abc import Sequence

from ctckit.errors import InputError
from ctckit.sources.names.patterns import DATE, FILE_WORDS, SECONDS, TIME, UUID
from ctckit.sources.names.rules import MANY, NEARLY_ALL, counts

_NUMBERED = re.compile(r"(.*?)([0-9]{1,12})")
_TOKEN = re.compile(r"[^\W\d_]+|[0-9]+")
_DATES = re.compile(f"{DATE}{TIME}?")
_SECONDS = re.compile(SECONDS)
_UUID = re.compile(UUID)
_HEXADECIMAL = re.compile("[0-9a-fA-F]{16,}")


def what_names_are_instead(names: Sequence[str], *, shortened: bool = False) -> str:
    """Return what names of files are, if they are no labels; else nothing.

    Args:
        names: without suffix.
        shortened: a part of them, such as a date, was found to be no label.

    >>> what_names_are_instead([f"IMG_{number:04}" for number in range(1, 101)])
    'numbers of files'
    >>> what_names_are_instead(["226md", "22d5n", "2356g", "23mdg", "23n88", "243mm"])
    ''
    """
    if instead := what_labels_are_instead(names):
        return instead
    if len(names) >= MANY and all(map(_SECONDS.fullmatch, names)):
        return "times in seconds"
    generic = sum(_is_generic(name, alone=shortened) for name in names)
    if len(names) > 1 and generic >= NEARLY_ALL * len(names):
        return "numbers of files"
    matches = [match for name in names if (match := _NUMBERED.fullmatch(name))]
    one_prefix = len({match[1] for match in matches}) == 1
    nearly_all = one_prefix and len(matches) >= NEARLY_ALL * len(names)
    if nearly_all and counts([int(match[2]) for match in matches]):
        return "numbers of files"
    return ""


def what_labels_are_instead(labels: Sequence[str]) -> str:
    """Return what a program made all these labels of: UUIDs, dates, hashes; else nothing.

    >>> what_labels_are_instead(["2024-05-01", "2024-05-02"])
    'dates'
    """
    if len(labels) < 2:
        return ""
    if all(map(_UUID.fullmatch, labels)):
        return "UUIDs"
    # A few numbers of eight digits can be dates by chance.
    if all(map(_DATES.fullmatch, labels)) and (len(labels) >= MANY or not labels[0].isdecimal()):
        return "dates"
    lengths = {len(label) for label in labels}
    if len(lengths) == 1 and all(map(_HEXADECIMAL.fullmatch, labels)):
        return f"{lengths.pop()} hexadecimal digits each"
    return ""


def refuse_labels_without_meaning(labels: Sequence[str], *, taken_as_told: bool) -> None:
    """Refuse labels that nothing can be learned from.

    Args:
        labels: of all images.
        taken_as_told: a person said what the labels are; then only equal ones are refused.

    Raises:
        InputError: all images have the same one, or a program made them.
    """
    if len(labels) > 1 and len(set(labels)) == 1:
        raise InputError(
            f"expected labels that differ, received {len(labels)} images that are all labelled "
            f"{labels[0]!r}; choose a list or a layout that gives each its own text"
        )
    if not taken_as_told and (instead := what_labels_are_instead(labels)):
        raise InputError(
            f"expected labels that are texts in the images, received {instead}, such as "
            f"{labels[0]}; if these are the texts, say which columns of the list, or which part "
            "of the names, hold them"
        )


def _is_generic(name: str, *, alone: bool) -> bool:
    """Say whether a name is made of words for files and of a number, or of such words alone."""
    tokens = _TOKEN.findall(name.lower())
    words = [token for token in tokens if not token.isdecimal()]
    numbered = len(words) < len(tokens)
    return bool(words) and (numbered or alone) and FILE_WORDS.issuperset(words)
