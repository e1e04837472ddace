"""Find what is odd in the characters of labels and escapes the eye."""

import re
from collections.abc import Sequence
from unicodedata import category, name

import numpy as np

from ctckit.text.look_alikes import full_width_twins, script_twins

NUM_NAMED = 5  # characters that one line names
VISIBLE_FORMATS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2")
NON_JOINER, JOINER = "\u200c", "\u200d"
IDEOGRAPHIC_SPACE = "\u3000"
FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
NAMES = {"\t": "TAB", "\n": "LINE FEED", "\r": "CARRIAGE RETURN"}  # Unicode gives them none


def odd_characters(labels: Sequence[str]) -> list[str]:
    r"""Tell a person what is odd about the characters of `labels`, a line for each finding.

    These are characters that no one sees, such as U+200B; blanks other than the usual one;
    characters without a meaning; letters of another script or full-width characters that look
    like others of the set; blanks at either end of a label; characters that occur only once.
    Joiners of zero width are left alone where their script needs them, as Persian does.

    >>> odd_characters(["ab", "a\u00a0b", "ba"])
    ["1 of 3 labels has U+00A0 NO-BREAK SPACE, an unusual blank, such as 'a\\xa0b'"]
    """
    counts = _character_counts(labels)
    characters = "".join(map(chr, np.flatnonzero(counts).tolist()))
    once = [c for c in characters if counts[ord(c)] == 1 and not _oddity(c, characters)]
    return [
        *_unseen(labels, characters),
        *_padded(labels),
        *(_twins(labels, *found) for found in script_twins(labels, characters)),
        *(_twins(labels, *found) for found in full_width_twins(labels, characters)),
        *_rare(labels, once),
    ]


def describe_character(character: str) -> str:
    """Return a character's number and name.

    >>> describe_character("é")
    'U+00E9 LATIN SMALL LETTER E WITH ACUTE'
    """
    fallback = NAMES.get(character, "(a character without a name)")
    return f"U+{ord(character):04X} {name(character, fallback)}"


def _character_counts(labels: Sequence[str]) -> np.ndarray:
    """Return how often each code point occurs: int (highest code point + 1,)."""
    codes = "".join(labels).encode("utf-32-le", "surrogatepass")
    return np.bincount(np.frombuffer(codes, "<u4"))


def _oddity(character: str, characters: str) -> str:
    """Return what is odd about a character by itself, or nothing."""
    kind = category(character)
    if character == "\ufffd" or kind in ("Co", "Cs"):
        return "which has no meaning: its file was perhaps read in another encoding"
    if character == IDEOGRAPHIC_SPACE and " " not in characters:
        return ""
    if kind in ("Zs", "Zl", "Zp") and character != " ":
        return "an unusual blank"
    unseen = kind in ("Cc", "Cf") and character not in VISIBLE_FORMATS
    if unseen or character in FILLERS or _is_variation_selector(character):
        return "which no one sees"
    return ""


def _is_variation_selector(character: str) -> bool:
    number = ord(character)
    return 0xFE00 <= number <= 0xFE0F or 0xE0100 <= number <= 0xE01EF or 0x180B <= number <= 0x180F


def _unseen(labels: Sequence[str], characters: str) -> list[str]:
    odd = {c: why for c in characters if (why := _oddity(c, characters))}
    if not odd:
        return []
    any_odd = re.compile(f"[{re.escape(''.join(odd))}]")
    suspects = [label for label in labels if any_odd.search(label)]
    having = {c: [label for label in suspects if _has_odd(label, c)] for c in odd}
    return [
        f"{_share(found, labels)} {describe_character(c)}, {odd[c]}, such as {found[0]!r}"
        for c, found in having.items()
        if found
    ]


def _has_odd(label: str, character: str) -> bool:
    if character not in label or character not in (NON_JOINER, JOINER):
        return character in label
    places = [i for i, c in enumerate(label) if c == character]
    return not all(_joins(label[:i], label[i + 1 :]) for i in places)


def _joins(before: str, behind: str) -> bool:
    """Return whether a joiner between these parts of a label can be what its script needs.

    Scripts that join letters, and emoji, have no capitals. At the end, a joiner has something to
    do only after a mark, as the virama of Indian scripts.
    """
    if not before or before[-1].isascii() or before[-1].lower() != before[-1].upper():
        return False
    return bool(behind) or category(before[-1]) == "Mn"


def _padded(labels: Sequence[str]) -> list[str]:
    found = [label for label in labels if label[:1] == " " or label[-1:] == " "]
    return [f"{_share(found, labels)} a blank at an end, such as {found[0]!r}"] if found else []


def _twins(labels: Sequence[str], found: list[str], twins: dict[str, str], kind: str) -> str:
    named = [f"{describe_character(c)} (like U+{ord(twins[c]):04X})" for c in sorted(twins)]
    return f"{_share(found, labels)} {_list(named)}, {kind}, such as {found[0]!r}"


def _rare(labels: Sequence[str], once: list[str]) -> list[str]:
    if not once:
        return []
    named = _list([f"{describe_character(c)} {c!r}" for c in once])
    example = next(label for label in labels if once[0] in label)
    number = "1 character occurs" if len(once) == 1 else f"{len(once)} characters occur"
    rare = f"{number} only once, too rarely to be learned from that alone"
    return [f"{rare}: {named}, such as in {example!r}"]


def _share(found: Sequence[str], labels: Sequence[str]) -> str:
    return f"{len(found)} of {len(labels)} labels {'has' if len(found) == 1 else 'have'}"


def _list(named: list[str]) -> str:
    more = len(named) - NUM_NAMED
    return ", ".join(named[:NUM_NAMED]) + (f" and {more} more" if more > 0 else "")
