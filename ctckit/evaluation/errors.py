"""Count what is misread: which character as which, in labels of which length, and where in them.

Every function takes pairs (label, text read). What was edited comes from a shortest alignment of
the two: as few replacements, deletions and insertions as `count_edits` counts. Where several are
equally short it is one of them.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein

from ctckit.text.error_rates import ErrorCounts, count_errors

Pair = tuple[str, str]
MIN_MIX_UP = 3  # edits; fewer may be chance


class Confusion(NamedTuple):
    """A character of labels, what was read for it, and how often.

    `read` is "" where nothing was read (a deletion); `label` is "" where something was read that
    the label lacks (an insertion).
    """

    label: str
    read: str
    count: int  # type: ignore[assignment]  # takes the place of a tuple's method, which none calls

    @property
    def is_replacement(self) -> bool:
        """Tell whether one character was read as another."""
        return bool(self.label and self.read)

    def __str__(self) -> str:
        return f"{self.label or '∅'}→{self.read or '∅'} {self.count}"


class Edit(NamedTuple):
    """One edit: the character of the label, or ""; that of the text, or ""; where in the label."""

    label: str
    read: str
    index: int  # type: ignore[assignment]  # takes the place of a tuple's method, which none calls


class Segment(NamedTuple):
    """A piece of a label and what was read for it; either may be ""."""

    label: str
    read: str

    @property
    def is_equal(self) -> bool:
        """Tell whether the piece was read exactly."""
        return self.label == self.read


def count_confusions(pairs: Iterable[Pair]) -> list[Confusion]:
    """Count replacements, deletions and insertions of characters, the most frequent first.

    >>> [str(confusion) for confusion in count_confusions([("no", "mo"), ("in", "im"), ("a", "")])]
    ['n→m 2', 'a→∅ 1']
    """
    counts = Counter((edit.label, edit.read) for pair in pairs for edit in find_edits(*pair))
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [Confusion(*characters, count) for characters, count in ordered]


class MixUp(NamedTuple):
    """Two characters that are read for each other, either way, and their share of all edits."""

    one: str
    other: str
    count: int  # type: ignore[assignment]  # takes the place of a tuple's method, which none calls
    edits: int

    def __str__(self) -> str:
        """Tell a person what it is and what helps."""
        return (
            f"'{self.one}' and '{self.other}' read for each other make up {self.count} of "
            f"{self.edits} edits: where only one of them can stand, say so by --pattern; else "
            "train on more images of both, with right labels"
        )


def main_mix_up(confusions: Sequence[Confusion]) -> MixUp | None:
    """Return the two characters that make up most errors; None where no two do.

    They do if at least half of all edits, and at least 3, read one of them for the other.

    Args:
        confusions: all of them, as `count_confusions` returns them.

    >>> main_mix_up(count_confusions([("00", "OO"), ("O1", "01"), ("b", "")]))
    MixUp(one='0', other='O', count=3, edits=4)
    """
    edits = sum(confusion.count for confusion in confusions)
    counts: Counter[tuple[str, str]] = Counter()
    for confusion in filter(lambda confusion: confusion.is_replacement, confusions):
        one, other = sorted((confusion.label, confusion.read))
        counts[one, other] += confusion.count
    if not counts:
        return None
    characters, count = counts.most_common(1)[0]
    return MixUp(*characters, count, edits) if count >= max(MIN_MIX_UP, edits / 2) else None


def errors_by_length(pairs: Iterable[Pair]) -> dict[int, ErrorCounts]:
    """Count the errors in labels of each length; the keys ascend.

    >>> {length: errors.cer for length, errors in errors_by_length([("ab", "ax")]).items()}
    {2: 0.5}
    """
    groups: dict[int, list[Pair]] = {}
    for label, text in pairs:
        groups.setdefault(len(label), []).append((label, text))
    return {
        length: count_errors([text for _, text in group], [label for label, _ in group])
        for length, group in sorted(groups.items())
    }


def errors_by_position(pairs: Iterable[Pair]) -> dict[int, ErrorCounts]:
    """Count edits and characters at each position in the labels, from 1; the keys ascend.

    A replaced or missed character counts at its own position. A character read in addition counts
    at the one it was read before, or at the last where it came after the end of the label. So the
    sums over all positions are those over all texts. Only `edits` and `characters` are counted.

    >>> errors_by_position([("ab", "xab"), ("ab", "abx")])[2].edits
    1
    """
    pairs = list(pairs)
    edits = Counter(
        max(min(edit.index, len(label) - 1), 0) + 1
        for label, text in pairs
        for edit in find_edits(label, text)
    )
    characters = Counter(place + 1 for label, _ in pairs for place in range(len(label)))
    return {
        place: ErrorCounts(edits=edits[place], characters=characters[place])
        for place in sorted(edits.keys() | characters.keys())
    }


def find_edits(label: str, text: str) -> list[Edit]:
    """Return the edits that make `text` of `label`, in order; there are `count_edits` of them.

    The index, from 0, is that of the label's character that was replaced or missed, or that the
    added character was read before; `len(label)` where it was read after the last.

    >>> find_edits("abc", "xabd")
    [Edit(label='', read='x', index=0), Edit(label='c', read='d', index=2)]
    """
    return [
        Edit(
            "" if step.tag == "insert" else label[step.src_pos],
            "" if step.tag == "delete" else text[step.dest_pos],
            step.src_pos,
        )
        for step in Levenshtein.editops(label, text)
    ]


def differences(label: str, text: str) -> list[Segment]:
    """Cut `label` and `text` into pieces that are equal and pieces that differ, in order.

    >>> [tuple(segment) for segment in differences("x7k2", "xk2y")]
    [('x', 'x'), ('7', ''), ('k2', 'k2'), ('', 'y')]
    """
    return [
        Segment(label[step.src_start : step.src_end], text[step.dest_start : step.dest_end])
        for step in Levenshtein.opcodes(label, text)
    ]
