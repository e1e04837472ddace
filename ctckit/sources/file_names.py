"""Labels out of file names, with a rule for sets where the same label occurs again."""

import re
from collections import defaultdict
from collections.abc import Iterable

from ctckit.log import LOGGER
from ctckit.text.vocabulary import normalise

SEPARATORS = ".-_"


def labels_of_stems(stems: Iterable[str], label_separator: str | None = None) -> list[str]:
    """Read the label out of each file name without its extension.

    With `label_separator` "" the label is the whole name. With other characters it ends
    before the first of them: `"."` reads `0000.1` as `0000`. With None it is the whole name,
    unless the names of the set show that numbers at their end count repeats of a label:

    - A name is numbered if it ends in a separator (`.`, `-` or `_`) and digits.
    - Numbered names of one base, together with the name that is just the base, form a group.
    - A group counts repeats if its numbers go up by one from 0 or 1, or from 2 where the bare
      name stands for the first: `0000, 0000.1` and `abc_1, abc_2`, but not `12.50, 12.75`.
      With `.` and `-`, which plates and readings contain, the bare name must be there: `0.1,
      0.2` and `A-1, A-2` are labels. A single name of another number, such as `AB-47`, speaks
      against counting.
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
        if _count_repeats(matches.values(), set(names), bare_not_needed=separator == "_"):
            example = next(iter(matches))
            LOGGER.warning(
                "%d file names end in %r and a number that counts repeats of a label: "
                "%s reads %s (an empty label separator keeps whole names)",
                len(matches),
                separator,
                example,
                matches[example][1],
            )
            return [matches[name][1] if name in matches else name for name in names]
    return names


def _count_repeats(
    matches: Iterable[re.Match[str]], names: set[str], *, bare_not_needed: bool
) -> bool:
    """Say whether the numbers at the end of the names count repeats (rule: labels_of_stems)."""
    groups = defaultdict(set)
    for match in matches:
        groups[match[1]].add(int(match[2]))
    votes = 0
    for base, numbers in groups.items():
        bare, first = base in names, min(numbers)
        starts = (0, 1, 2) if bare else (0, 1)
        counts = first in starts and max(numbers) - first + 1 == len(numbers)
        if not counts:
            votes -= 1
        elif bare or (bare_not_needed and len(numbers) > 1):
            votes += 1
    return votes > 0
