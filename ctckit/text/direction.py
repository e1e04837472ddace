"""Texts that are written from right to left: in the order of the eye, and in that of the reader.

A network sees an image from left to right and learns characters in the order in which they stand
there, the *visual* order. People type, sort and compare texts in the order in which they are read,
the *logical* one. In Hebrew or Arabic words the one is the other turned round; numbers and Latin
words among them keep their own direction (`ctckit.text.bidi`).

From the visual order one cannot always tell the logical one: "ABC" left of a Hebrew word may be
read before it or after it. Then the line is taken as one from right to left, and the Hebrew word
comes first.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, groupby, islice, product
from unicodedata import bidirectional

from ctckit.text.bidi import embedding_levels, mirror, visual_order

LEFT_TO_RIGHT, RIGHT_TO_LEFT = DIRECTIONS = ("ltr", "rtl")
FROM_THE_RIGHT = ("R", "AL", "AN")
MAX_GUESSES = 64  # of what goes with what; labels have few blanks and signs

# All blocks with letters from right to left: what has none of these is quickly told.
_MAY_BE = re.compile(
    "[\u0590-\u08ff\u200f\u202b\u202e\u2067\ufb1d-\ufdff\ufe70-\ufeff"
    "\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_TURNING = ("R", "AL", "NSM", "WS", "ON", "BN")  # where there is nothing else, all is turned round


def is_right_to_left(characters: Iterable[str]) -> bool:
    """Return whether some of `characters` are written from right to left.

    >>> is_right_to_left("abc12"), is_right_to_left("אב12")
    (False, True)
    """
    text = "".join(characters)
    return bool(_MAY_BE.search(text)) and any(bidirectional(c) in FROM_THE_RIGHT for c in text)


def has_joined_letters(characters: Iterable[str]) -> bool:
    """Return whether some of `characters` are of a script that joins its letters, as Arabic.

    >>> has_joined_letters("אב"), has_joined_letters("سلام")
    (False, True)
    """
    return any(bidirectional(c) == "AL" for c in _MAY_BE.findall("".join(characters)))


def direction_of(characters: Iterable[str]) -> str:
    """Return "rtl" if some of `characters` are written from right to left, else "ltr"."""
    return RIGHT_TO_LEFT if is_right_to_left(characters) else LEFT_TO_RIGHT


def with_mirrored(characters: Iterable[str]) -> str:
    """Return `characters`, and of brackets the other ones: "(" looks like ")" in Hebrew text."""
    both = dict.fromkeys(each for c in characters for each in (c, mirror(c)))
    return "".join(both)


def to_visual(text: str) -> str:
    """Return `text` as it stands in an image, from left to right; brackets as they look there.

    >>> to_visual("אב 12")
    '12 בא'
    """
    if not is_right_to_left(text):
        return text
    return _turned(text) or _reordered(text, embedding_levels(text))


def to_logical(text: str) -> str:
    """Return a text that stands in an image as `text`, in the order in which it is read.

    Of several that look the same, one in which the line goes from right to left. Where there is
    none, as what a network reads may be anything, the nearest: nothing is lost.

    >>> to_logical("12 בא")
    'אב 12'
    """
    if not is_right_to_left(text):
        return text
    return _turned(text) or _to_logical(text)


def logical_order(text: str) -> list[int]:
    """Return the place in `text` of each character of `to_visual(text)`."""
    if not is_right_to_left(text):
        return list(range(len(text)))
    return visual_order(embedding_levels(text))


def failing_round_trips(labels: Sequence[str]) -> list[str]:
    """Return the labels that would be read otherwise if every character were read right.

    Their order in the image does not tell the order in which they are read.

    >>> failing_round_trips(["אב 12", "AB אב", "AB"])
    ['AB אב']
    """
    return [label for label in labels if to_logical(to_visual(label)) != label]


def _turned(text: str) -> str:
    """Return `text` turned round if it has no run of another direction, else nothing."""
    if any(bidirectional(character) not in _TURNING for character in text):
        return ""
    return "".join(map(mirror, reversed(text)))


def _reordered(text: str, levels: list[int]) -> str:
    """Return `text` in the order that `levels` ask for; the same levels turn it back."""
    return "".join(mirror(text[i]) if levels[i] % 2 else text[i] for i in visual_order(levels))


@lru_cache(maxsize=4096)
def _to_logical(text: str) -> str:
    guesses = (_reordered(text, levels) for levels in islice(_guesses(text), MAX_GUESSES))
    others = (_reordered(text, embedding_levels(text, base)) for base in (1, 0))
    first = ""
    for guess in chain(guesses, others):
        first = first or guess
        if to_visual(guess) == text:
            return guess
    return first


def _guesses(text: str) -> Iterator[list[int]]:
    """Yield levels that the characters of a line from right to left, in visual order, may have.

    Letters and numbers tell theirs. What stands between two of the inner direction, and signs
    beside numbers, may go with them or not.
    """
    kinds = [bidirectional(character) or "L" for character in text]
    runs = [(kind, len(list(run))) for kind, run in groupby(map(_level, kinds))]
    options = [
        (level,) if level else (2, 1) if _may_join(runs, i) else (1,)
        for i, (level, _) in enumerate(runs)
    ]
    for levels in product(*options):
        yield [level for level, (_, count) in zip(levels, runs, strict=True) for _ in range(count)]


def _level(kind: str) -> int:
    """Return the level that a kind has in a line from right to left; 0 if that depends."""
    return 2 if kind in ("L", "EN", "AN") else 1 if kind in ("R", "AL", "NSM") else 0


def _may_join(runs: list[tuple[int, int]], place: int) -> bool:
    neighbours = (*runs[max(place - 1, 0) : place], *runs[place + 1 : place + 2])
    return any(level == 2 for level, _ in neighbours)
