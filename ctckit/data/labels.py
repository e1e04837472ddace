"""Labels out of file names, with a rule for sets where the same label occurs again."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable

from ctckit.console import LOGGER

SEPARATORS = ".-_"


def normalise(label: str) -> str:
    """Return `label` in Unicode's composed form (NFC), as some systems decompose file names."""
    return unicodedata.normalize("NFC", label)


def labels_of_stems(stems: Iterable[str], label_separator: str | None = None) -> list[str]:
    """Read the label out of each file name without its extension.

    With `label_separator` "" the label is the whole name. With other characters it ends
    before the first of them: `"."` reads `0000.1` as `0000`. With None it is the whole name,
    unless the names of the set show that numbers at their end count repeats of a label:

    - A name is numbered if it ends in a separator (`.`, `-` or `_`) and digits.
    - Numbered names of one base, together with the name that is just the base, form a group;
      groups of one name say nothing.
    - A group counts repeats if its numbers go up by one from 0 or 1, or from 2 where the bare
      name stands for the first: `0000, 0000.1` and `abc_1, abc_2`, but not `12.50, 12.75`.
    - If more groups of a separator count repeats than do not, the number is dropped from
      every name that is numbered with this separator, and one line is logged.

    >>> labels_of_stems(["0000", "0000.1", "0417.1"])
    ['0000', '0000', '0417']
    >>> labels_of_stems(["12.50", "12.75"])
    ['12.50', '12.75']
    """
    names = [normalise(stem) for stem in stems]
    if label_separator is None:
        return _without_repeat_counters(names)
    if label_separator == "":
        return names
    separator = re.compile(f"[{re.escape(label_separator)}]")
    return [separator.split(name, maxsplit=1)[0] for name in names]


def _without_repeat_counters(names: list[str]) -> list[str]:
    for separator in SEPARATORS:
        numbered = re.compile(rf"(.+){re.escape(separator)}([0-9]+)")
        matches = {name: match for name in names if (match := numbered.fullmatch(name))}
        if _count_repeats(matches.values(), set(names)):
            example = next(iter(matches))
            LOGGER.info(
                "%d file names end in %r and a number that counts repeats of a label: "
                "%s reads %s (label_separator='' keeps whole names)",
                len(matches),
                separator,
                example,
                matches[example][1],
            )
            return [matches[name][1] if name in matches else name for name in names]
    return names


def _count_repeats(matches: Iterable[re.Match], names: set[str]) -> bool:
    """Say whether the numbers at the end of the names count repeats (rule: labels_of_stems)."""
    groups = defaultdict(set)
    for match in matches:
        groups[match[1]].add(int(match[2]))
    votes = 0
    for base, numbers in groups.items():
        bare = base in names
        if len(numbers) + bare > 1:
            starts = (0, 1, 2) if bare else (0, 1)
            first = min(numbers)
            consecutive = max(numbers) - first + 1 == len(numbers)
            votes += 1 if first in starts and consecutive else -1
    return votes > 0
