"""What cannot be the labels of a set: numbers of files, hashes, dates, all the same."""

import re
from collections import Counter
from collections.abc import Sequence

from ctckit.errors import InputError
from ctckit.sources.names.patterns import DATE, DAY_FIRST, FILE_WORDS, SECONDS, TIME, UUID
from ctckit.sources.names.rules import MANY, NEARLY_ALL, counts

_NUMBERED = re.compile(r"(.*?)([0-9]{1,12})")
_TOKEN = re.compile(r"[^\W\d_]+|[0-9]+")
_DATES = re.compile(f"(?:{DATE}|{DAY_FIRST}){TIME}?")
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
    if instead := what_labels_are_instead(names, share=NEARLY_ALL):
        return instead
    if len(names) >= MANY and all(map(_SECONDS.fullmatch, names)):
        return "times in seconds"
    if are_generic(names, alone=shortened):
        return "numbers of files"
    matches = [match for name in names if (match := _NUMBERED.fullmatch(name))]
    one_prefix = len({match[1] for match in matches}) == 1
    nearly_all = one_prefix and len(matches) >= NEARLY_ALL * len(names)
    if nearly_all and counts([int(match[2]) for match in matches]):
        return "numbers of files"
    return ""


def what_labels_are_instead(labels: Sequence[str], *, share: float = 1) -> str:
    """Return what a program made all these labels of: UUIDs, dates, hashes; else nothing.

    Args:
        labels: of a set.
        share: of them that must be so, 0…1.

    >>> what_labels_are_instead(["2024-05-01", "2024-05-02"])
    'dates'
    """
    enough = max(2, share * len(labels))
    if sum(map(bool, map(_UUID.fullmatch, labels))) >= enough:
        return "UUIDs"
    # A few numbers of eight digits can be dates by chance.
    dates = list(filter(_DATES.fullmatch, labels))
    if len(dates) >= enough and (len(dates) >= MANY or not dates[0].isdecimal()):
        return "dates"
    lengths = Counter(len(label) for label in labels if _HEXADECIMAL.fullmatch(label))
    length, number = lengths.most_common(1)[0] if lengths else (0, 0)
    return f"{length} hexadecimal digits each" if number >= enough else ""


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


def are_generic(names: Sequence[str], *, alone: bool = False) -> bool:
    """Say whether nearly all of several names are words for files and a number.

    Args:
        names: of files or folders.
        alone: whether such words without a number count, too.
    """
    generic = sum(_is_generic(name, alone=alone) for name in names)
    return len(names) > 1 and generic >= NEARLY_ALL * len(names)


def _is_generic(name: str, *, alone: bool) -> bool:
    """Say whether a name is made of words for files and of a number, or of such words alone."""
    tokens = _TOKEN.findall(name.lower())
    words = [token for token in tokens if not token.isdecimal()]
    numbered = len(words) < len(tokens)
    return bool(words) and (numbered or alone) and FILE_WORDS.issuperset(words)
