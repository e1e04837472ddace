"""Which part of a file name is the label, told by all names of a set together.

The rules of `RULES` that hold are applied in their order, up to one that is the last. A rule that
could mistake a plate such as `A-12` or a reading such as `12.50` for a label and a number looks at
more than a single name.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from ctckit.sources.names.patterns import MARK, UNIQUE

NEARLY_ALL = 0.95  # of the names match a rule that is about the whole set
HALF = 0.5  # do, where what matches is unmistakable
MANY = 5  # names that a rule about all of them needs
MAX_GAPS = 1.5  # numbers that count leave out no more: highest / how many there are


class NameRule(NamedTuple):
    """When a set of names has a part that is no label, and which part that is."""

    said: str  # to people, behind a number of names
    pattern: re.Pattern[str]  # of the whole name, with a group called label
    applies: Callable[[Sequence[re.Match[str]], Sequence[str]], bool]  # to its matches, all names
    is_last: bool = True  # no further rule is tried on what it leaves

    def holds(self, names: Sequence[str]) -> bool:
        """Say whether the names of a set are of this kind."""
        matches = [match for name in names if (match := self.pattern.fullmatch(name))]
        return bool(matches) and self.applies(matches, names)

    def label_of(self, name: str) -> str:
        """Return the label in a name; the whole name where it is of another kind."""
        match = self.pattern.fullmatch(name)
        return match["label"] if match else name


def _share(share: float) -> Callable[[Sequence[re.Match[str]], Sequence[str]], bool]:
    def applies(matches: Sequence[re.Match[str]], names: Sequence[str]) -> bool:
        return len(matches) >= share * len(names)

    return applies


def _all(matches: Sequence[re.Match[str]], names: Sequence[str]) -> bool:
    return len(matches) == len(names) >= MANY


def _words_between(matches: Sequence[re.Match[str]], names: Sequence[str]) -> bool:
    """Say whether nearly all names have something between numbers, most of them words.

    The first numbers count, or the words are longer than the middle of a plate, as `05_UV_738`.
    """
    with_letters = sum(not match["label"].isdecimal() for match in matches)
    longer = sum(len(match["label"]) > 3 for match in matches)
    counted = counts([int(match["number"]) for match in matches])
    return (
        len(matches) >= NEARLY_ALL * len(names)
        and with_letters >= HALF * len(matches)
        and (counted or longer >= HALF * len(matches))
    )


def _short_hashes(matches: Sequence[re.Match[str]], names: Sequence[str]) -> bool:
    """Say whether all names end in hexadecimal digits of one length, each in other ones."""
    tails = {match["other"] or match["upper"] for match in matches}
    text = "".join(tails)
    return (
        len(matches) == len(names) == len(tails) >= MANY
        and len({len(tail) for tail in tails}) == 1
        and not text.isdecimal()
        and not text.isalpha()
    )


def _all_counted(matches: Sequence[re.Match[str]], names: Sequence[str]) -> bool:
    """Say whether the numbers of all names together count, whatever stands beside them."""
    counted = counts([int(match["number"]) for match in matches])
    return counted and _nearly_all_with_several(matches, names)


def _all_counted_or_padded(matches: Sequence[re.Match[str]], names: Sequence[str]) -> bool:
    """Say the same, or whether they are numbers with zeros before them, all different."""
    padded = _padded([match["number"] for match in matches])
    return _all_counted(matches, names) or (padded and _nearly_all_with_several(matches, names))


def _nearly_all_with_several(matches: Sequence[re.Match[str]], names: Sequence[str]) -> bool:
    """Say whether nearly all names match, with several labels."""
    several = len({match["label"] for match in matches}) > 1
    return several and len(matches) >= NEARLY_ALL * len(names)


def _words_counted(matches: Sequence[re.Match[str]], names: Sequence[str]) -> bool:
    """Say the same of numbers that stand before words, not before other numbers."""
    words = sum(not match["label"].isdecimal() for match in matches)
    return words >= NEARLY_ALL * len(matches) and _all_counted(matches, names)


def _padded(numbers: Sequence[str]) -> bool:
    """Say whether these are different numbers, filled up with zeros to one length of 4 or more."""
    zeros = sum(number.startswith("0") for number in numbers)
    lengths = {len(number) for number in numbers}
    return (
        MANY <= len(numbers) == len(set(numbers))
        and len(lengths) == 1
        and min(lengths) >= 4
        and zeros >= HALF * len(numbers)
    )


def _all_counted_densely(matches: Sequence[re.Match[str]], names: Sequence[str]) -> bool:
    """Say the same of numbers without a gap from 0 or 1 on, as plates like `A-12` never have."""
    numbers = {int(match["number"]) for match in matches}
    first = min(numbers)
    return (
        first in (0, 1) and max(numbers) - first + 1 == len(names) and _all_counted(matches, names)
    )


def counts(numbers: Sequence[int]) -> bool:
    """Say whether numbers count: many, all different, and few left out.

    >>> counts(range(1, 101)), counts([3, 97, 512, 777, 900]), counts([1, 1, 2, 2, 3, 3])
    (True, False, False)
    """
    different = set(numbers)
    span = max(different, default=0) - min(different, default=0) + 1
    return MANY <= len(numbers) == len(different) and span <= MAX_GAPS * len(numbers)


def _counter(separator: str, *, bare_needed: bool) -> NameRule:
    pattern = re.compile(rf"(?P<label>.+){re.escape(separator)}(?P<number>[0-9]{{1,9}})")

    def applies(matches: Sequence[re.Match[str]], names: Sequence[str]) -> bool:
        return _count_repeats(matches, set(names), bare_needed=bare_needed)

    return NameRule(f"before '{separator}' and a number that counts repeats", pattern, applies)


def _count_repeats(matches: Iterable[re.Match[str]], names: set[str], *, bare_needed: bool) -> bool:
    """Say whether the numbers at the end of names count how often a label came.

    Numbered names of one base, together with the name that is just the base, form a group. It
    counts repeats if its numbers go up by one from 0 or 1, or from 2 where the bare name stands for
    the first: `0000, 0000.1` and `abc_1, abc_2`, but not `12.50, 12.75`. With `.` and `-`, which
    plates and readings contain, the bare name must be there: `0.1, 0.2` and `A-1, A-2` are labels.
    A single name of another number, such as `AB-47`, speaks against counting. More groups must
    count repeats than do not. Where all bases are words that come several times, nothing else is
    needed: `akhu-1, akhu-2`.
    """
    groups = defaultdict(set)
    for match in matches:
        groups[match["label"]].add(int(match["number"]))
    if bare_needed and _are_words(groups):
        bare_needed = False
    votes = 0
    for base, numbers in groups.items():
        bare, first = base in names, min(numbers)
        starts = (0, 1, 2) if bare else (0, 1)
        if first not in starts or max(numbers) - first + 1 != len(numbers):
            votes -= 1
        elif bare or (not bare_needed and len(numbers) > 1):
            votes += 1
    return votes > 0


def _are_words(groups: Mapping[str, set[int]]) -> bool:
    """Say whether many bases, each of three letters or more, come at least twice."""
    letters = (sum(map(str.isalpha, base)) for base in groups)
    return (
        len(groups) >= MANY
        and all(number >= 3 for number in letters)
        and all(len(numbers) > 1 and max(numbers) <= len(numbers) for numbers in groups.values())
    )


_SUFFIXES = r"(?:[-_](?:png|jpe?g|bmp|webp|tiff?|gif))+"  # as Roboflow writes them

RULES = (
    NameRule(
        "before what Roboflow adds",
        re.compile(rf"(?P<label>.+?){_SUFFIXES}\.rf\.[0-9a-zA-Z]{{16,}}", re.IGNORECASE),
        _share(HALF),
        is_last=False,
    ),
    NameRule(
        "between two numbers, as MJSynth names files",
        re.compile(r"(?P<number>[0-9]+)_(?P<label>[^_]+)_[0-9]+"),
        _words_between,
    ),
    NameRule(
        "before a hash, date or time",
        re.compile(rf"(?P<label>.*[^-_. ])[-_. ]+{UNIQUE}"),
        _share(HALF),
        is_last=False,
    ),
    NameRule(
        "behind a hash, date or time",
        re.compile(rf"{UNIQUE}[-_. ]+(?P<label>[^-_. ].*)"),
        _share(HALF),
        is_last=False,
    ),
    NameRule(
        "behind a mark of images",
        re.compile(rf"{MARK}[-_]?[0-9]*[-_]+(?P<label>[^-_].*)", re.IGNORECASE),
        _all,
        is_last=False,
    ),
    NameRule(
        "before a mark of images",
        re.compile(rf"(?P<label>.*[^-_])[-_]+{MARK}", re.IGNORECASE),
        _all,
        is_last=False,
    ),
    NameRule(
        "before a hash",
        re.compile(r"(?P<label>.+)(?:[-_](?P<other>[0-9a-f]{8,15})|_(?P<upper>[0-9A-F]{8,15}))"),
        _short_hashes,
    ),
    NameRule(
        "behind a number that counts the files",
        re.compile(r"(?P<number>[0-9]{1,9})_+(?P<label>[^_].*)"),
        _all_counted_or_padded,
    ),
    NameRule(
        "behind a number that counts the files",
        re.compile(r"(?P<number>[0-9]{1,9})[- ]+(?P<label>[^- ].*)"),
        _words_counted,
    ),
    _counter(" ", bare_needed=True),
    _counter(".", bare_needed=True),
    _counter("-", bare_needed=True),
    _counter("_", bare_needed=False),
    NameRule(
        "before a number that counts the files",
        re.compile(r"(?P<label>.*[^_])_(?P<number>[0-9]{1,9})"),
        _all_counted,
    ),
    NameRule(
        "before a number that counts the files",
        re.compile(r"(?P<label>.*[^-. ])[-. ](?P<number>[0-9]{1,9})"),
        _all_counted_densely,
    ),
)
