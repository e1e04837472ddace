"""Letters of different scripts, or of different width, that look alike.

Which letters do is told by Unicode's list of confusable characters, as the package
confusable-homoglyphs has it (https://www.unicode.org/reports/tr39/). Only letters with capitals are
compared, as those of Latin, Cyrillic and Greek: of the others the list holds likenesses that no
reader of them would confuse, such as Arabic heh and o.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple
from unicodedata import decomposition

IN_ONE_LABEL = "letters of another script beside those they look like"
IN_OTHER_LABELS = "letters of another script than those they look like in other labels"
FULL_WIDTH = "full-width characters beside those they look like (one with unicode_form NFKC)"


class Twins(NamedTuple):
    """Characters that look like others.

    Attributes:
        labels: those that have them.
        twins: what each looks like.
        kind: where they stand, for people.
    """

    labels: list[str]
    twins: dict[str, str]
    kind: str


def script_twins(labels: Sequence[str], characters: str) -> list[Twins]:
    """Return the letters of one script that stand in for those of another: one row for each kind.

    Args:
        labels: any texts.
        characters: all that occur in them, each once.
    """
    scripts = _scripts(characters)
    if len(set(scripts.values())) < 2:
        return []
    own = _usual_script(labels, scripts)
    alike = {c: twin for c in scripts if scripts[c] != own and (twin := _like(c, own))}
    suspects = _having(labels, alike)
    usual = {c for c, script in scripts.items() if script == own}
    mixed = [label for label in suspects if not usual.isdisjoint(label)]
    pure = [label for label in suspects if usual.isdisjoint(label)]
    present = {c: twin for c, twin in alike.items() if twin in usual}
    rows = [
        Twins(mixed, _of(alike, mixed), IN_ONE_LABEL),
        Twins(_having(pure, present), _of(present, pure), IN_OTHER_LABELS),
    ]
    return [row for row in rows if row.labels]


def full_width_twins(labels: Sequence[str], characters: str) -> list[Twins]:
    """Return the full-width characters whose ASCII forms occur as well: one row, or none."""
    narrow = {c: chr(int(form[1], 16)) for c in characters if len(form := _wide_form(c)) == 2}
    present = {c: twin for c, twin in narrow.items() if twin in characters}
    found = _having(labels, present)
    return [Twins(found, present, FULL_WIDTH)] if found else []


def _wide_form(character: str) -> list[str]:
    return decomposition(character).split() if "\uff01" <= character <= "\uff5e" else []


def _scripts(characters: str) -> dict[str, str]:
    """Return the script of each letter that has a capital."""
    if characters.isascii():
        return {}
    from confusable_homoglyphs.categories import alias  # a file to load, rarely needed

    return {c: alias(c) for c in characters if c.upper() != c.lower() and not _wide_form(c)}


def _usual_script(labels: Sequence[str], scripts: dict[str, str]) -> str:
    """Return the script of most letters; of equals the first by name."""
    text = "".join(labels)
    totals: dict[str, int] = {}
    for character in scripts:
        script = scripts[character]
        totals[script] = totals.get(script, 0) + text.count(character)
    return min(totals, key=lambda script: (-totals[script], script))


def _like(character: str, script: str) -> str:
    """Return a letter of `script` that looks like `character`, or nothing."""
    from confusable_homoglyphs.categories import alias

    near = _listed(character)
    others = [*near, *(further for one in near for further in _listed(one))]
    return next((c for c in others if c.upper() != c.lower() and alias(c) == script), "")


def _listed(character: str) -> list[str]:
    from confusable_homoglyphs.confusables import confusables_data

    return [row["c"] for row in confusables_data.get(character, ()) if len(row["c"]) == 1]


def _having(labels: Sequence[str], characters: dict[str, str]) -> list[str]:
    if not characters:
        return []
    any_of = re.compile(f"[{re.escape(''.join(characters))}]")
    return [label for label in labels if any_of.search(label)]


def _of(twins: dict[str, str], labels: Sequence[str]) -> dict[str, str]:
    present = set("".join(labels))
    return {c: twin for c, twin in twins.items() if c in present}
