"""Labels out of file names, where people have put them."""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ctckit.errors import InputError
from ctckit.sources.files.suffixes import IMAGE_SUFFIXES
from ctckit.sources.names.fields import have_fields, label_field
from ctckit.sources.names.no_labels import what_names_are_instead
from ctckit.sources.names.rules import RULES
from ctckit.sources.options import SourceOptions
from ctckit.text.vocabulary import normalise

_COPY = r"(?:Copy|Kopie|copie|copia|副本|コピー)"  # as systems call it
_SUFFIX = "|".join(re.escape(suffix) for suffix in sorted(IMAGE_SUFFIXES))
_TIDIES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("a second suffix", re.compile(rf"(.+?)(?:{_SUFFIX})+", re.IGNORECASE)),
    ("a mark of what made the image", re.compile(r"(.+)\.(?:nrm|bin|raw|dew|gray|grey)")),
    ("a mark of a copy", re.compile(rf"(.+?)(?: ?\(\d{{1,3}}\)| - {_COPY}| copy(?: \d+)?)+", re.I)),
)  # fmt: skip


class NamedLabels(NamedTuple):
    """Labels out of file names; None where a name has none. `said` tells people how."""

    labels: list[str | None]
    said: str


def labels_of_stems(
    stems: Sequence[str],
    options: SourceOptions = SourceOptions(),  # noqa: B008 - it is frozen
) -> NamedLabels:
    """Read the label out of each file name without its extension.

    With `label_pattern` it is the group `label` of what matches the whole name. With
    `label_separator` "" it is the whole name; with other characters it ends before the first of
    them: "." reads `0000.1` as `0000`. With neither, what the names of the set show decides:

    - What a program added is dropped: a second suffix (`abc.jpg`), the mark of a copy
      (`abc (2)`, `abc - Copy`), the mark of a step (`0007.nrm`).
    - Those of `RULES` that hold for the set say which part is the label.
    - Where names still have fields parted by `_`, the only one that can be a text is.
    - Names that are no labels are refused: numbers of files, hashes, dates.

    Raises:
        InputError: the names hold no labels.

    >>> labels_of_stems(["0000", "0000.1", "0417.1"]).labels
    ['0000', '0000', '0417']
    >>> labels_of_stems(["12.50", "12.75"]).labels
    ['12.50', '12.75']
    """
    names = [normalise(stem) for stem in stems]
    if options.label_pattern is not None:
        return _by_pattern(names, options)
    if options.label_separator == "":
        return NamedLabels(list(names), "file names as they are")
    if options.label_separator is not None:
        separator = re.compile(f"[{re.escape(options.label_separator)}]")
        labels = [separator.split(name, maxsplit=1)[0] for name in names]
        return NamedLabels(list(labels), f"file names up to one of '{options.label_separator}'")
    return _found_out(names)


def _by_pattern(names: Sequence[str], options: SourceOptions) -> NamedLabels:
    pattern = options.compiled_pattern()
    matches = [pattern.fullmatch(name) if pattern else None for name in names]
    labels = [match["label"] if match else None for match in matches]
    if names and not any(label is not None for label in labels):
        raise InputError(
            f"expected the names of files, without suffix, to match '{options.label_pattern}' as a "
            f"whole, none of {len(names)} does, such as {names[0]}",
            argument="label_pattern",
        )
    return NamedLabels(labels, f"file names by the pattern {options.label_pattern}")


def _found_out(names: Sequence[str]) -> NamedLabels:
    said = []
    labels = list(names)
    for what, pattern in _TIDIES:
        labels, told = _without(labels, pattern, what)
        said += told
    instead = what_names_are_instead(labels)
    for rule in RULES if not instead else ():
        if rule.holds(labels):
            labels, told = _apply(labels, rule.label_of, rule.said)
            said += told
            if rule.is_last:
                break
    if not instead and have_fields(labels):
        place = label_field(labels)
        said_of_it = f"by their field {place + 1} of those parted by '_'"
        labels, told = _apply(labels, lambda name: name.split("_")[place], said_of_it)
        said += told
    if instead := instead or what_names_are_instead(labels, shortened=bool(said)):
        raise InputError(
            f"expected names of files that hold their labels, received {instead}, such as "
            f"{', '.join(names[:3])}; give the labels in a list, or a separator that is empty if "
            "these are the labels",
            argument="label_separator",
        )
    return NamedLabels(list(labels), "; ".join(["file names", *said]))


def _without(names: list[str], pattern: re.Pattern[str], what: str) -> tuple[list[str], list[str]]:
    return _apply(names, lambda name: m[1] if (m := pattern.fullmatch(name)) else name,
                  f"without {what}")  # fmt: skip


def _apply(
    names: list[str], change: Callable[[str], str], said: str
) -> tuple[list[str], list[str]]:
    """Return the changed names, and a line on that if any changed."""
    changed = [change(name) for name in names]
    differing = [pair for pair in zip(names, changed, strict=True) if pair[0] != pair[1]]
    if not differing:
        return names, []
    before, after = differing[0]
    return changed, [f"{len(differing)} {said}: {before} reads {after}"]
