"""In which order the characters of a text stand in an image: Unicode's bidirectional algorithm.

A line of text has a direction, that of its first letter. Runs of letters that are written from
right to left stand in it as a whole, and so do numbers and runs of the other direction. Levels
tell how runs lie in each other: even ones are read from left to right, odd ones from right to left.

What is implemented: the rules for a line without marks of direction (P2 to P3, W1 to W7, N0 to
N2, I1 to I2, L1 to L2, L4), https://www.unicode.org/reports/tr9/. Such marks are taken as not
there. The packages for it return the text in its new order only; here it is needed which character
went where. The tests compare it with one of them, python-bidi.
"""

from collections.abc import Callable
from functools import lru_cache
from itertools import groupby
from unicodedata import bidirectional, category, lookup, mirrored, name

STRONG = ("L", "R", "AL")
NUMBERS = ("EN", "AN")
NEUTRAL = ("B", "S", "WS", "ON")
IGNORED = ("BN", "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
MIRRORED_WORDS = {"LEFT": "RIGHT", "RIGHT": "LEFT", "LESS": "GREATER", "GREATER": "LESS"}


def base_level(text: str) -> int:
    """Return 1 if the first letter of `text` is written from right to left, else 0."""
    first = next((kind for kind in map(bidirectional, text) if kind in STRONG), "L")
    return int(first != "L")


def embedding_levels(text: str, base: int | None = None) -> list[int]:
    """Return the level of each character of a line.

    Args:
        text: one line.
        base: level of the line; None: `base_level`.
    """
    base = base_level(text) if base is None else base
    own = "R" if base else "L"
    originals = [bidirectional(character) or "L" for character in text]
    places = [i for i, kind in enumerate(originals) if kind not in IGNORED]
    kinds = [originals[i] for i in places]
    _resolve_weak(kinds, own)
    _resolve_brackets([text[i] for i in places], kinds, [originals[i] for i in places], own)
    _resolve_neutral(kinds, own)
    levels = [-1] * len(text)
    for i, kind in zip(places, kinds, strict=True):
        levels[i] = base + _raise(kind, base)
    for i, level in enumerate(levels):  # what is ignored goes with the character before it
        levels[i] = level if level >= 0 else levels[i - 1] if i else base
    return _reset_blanks(levels, originals, base)


def visual_order(levels: list[int]) -> list[int]:
    """Return the place in the text of each character of the line, from left to right (L2).

    >>> visual_order([0, 0, 1, 1, 1])
    [0, 1, 4, 3, 2]
    """
    order = list(range(len(levels)))
    odd = [level for level in levels if level % 2]
    for height in range(max(levels, default=0), min(odd, default=1) - 1, -1):
        turned: list[int] = []
        for high, group in groupby([(levels[i] >= height, i) for i in order], lambda pair: pair[0]):
            run = [i for _, i in group]
            turned += reversed(run) if high else run
        order = turned
    return order


@lru_cache(maxsize=4096)
def mirror(character: str) -> str:
    """Return the character that looks like this one in text from right to left.

    >>> mirror("("), mirror("«"), mirror("a")
    (')', '»', 'a')
    """
    if not mirrored(character):
        return character
    words = name(character).replace("-", " - ").split(" ")
    swapped = " ".join(MIRRORED_WORDS.get(word, word) for word in words).replace(" - ", "-")
    try:
        return lookup(swapped)
    except KeyError:
        return character


def _resolve_weak(kinds: list[str], own: str) -> None:
    """Apply W1 to W7 to `kinds`, in place."""
    last, strong = own, own
    for i, kind in enumerate(kinds):
        kinds[i] = last = last if kind == "NSM" else kind  # W1
        if last in STRONG:
            strong = last
        elif last == "EN" and strong == "AL":
            kinds[i] = last = "AN"  # W2
    kinds[:] = ["R" if kind == "AL" else kind for kind in kinds]  # W3
    for i in range(1, len(kinds) - 1):  # W4
        before, kind, behind = kinds[i - 1 : i + 2]
        if before == behind and (
            (kind == "CS" and before in NUMBERS) or (kind == "ES" and before == "EN")
        ):
            kinds[i] = before
    _spread(kinds, lambda kind: kind == "ET", _beside_number)  # W5
    strong = own
    for i, kind in enumerate(kinds):
        if kind in ("ES", "ET", "CS"):
            kinds[i] = "ON"  # W6
        elif kind in STRONG:
            strong = kind
        elif kind == "EN" and strong == "L":
            kinds[i] = "L"  # W7


def _beside_number(before: str, behind: str) -> str:
    return "EN" if "EN" in (before, behind) else "ON"


def _resolve_brackets(text: list[str], kinds: list[str], originals: list[str], own: str) -> None:
    """Apply N0 to `kinds`, in place: a pair of brackets goes with what it holds."""
    for opening, closing in _bracket_pairs(text, kinds):
        inside = {_side(kind) for kind in kinds[opening + 1 : closing]} - {""}
        if not inside:
            continue
        found = own if own in inside else inside.pop()
        before = next((side for kind in kinds[opening - 1 :: -1] if (side := _side(kind))), own)
        direction = found if found == own or (opening and before == found) else own
        for i in (opening, closing):
            kinds[i] = direction
            while (i := i + 1) < len(kinds) and originals[i] == "NSM":
                kinds[i] = direction


def _bracket_pairs(text: list[str], kinds: list[str]) -> list[tuple[int, int]]:
    stack: list[int] = []
    pairs = []
    for i, character in enumerate(text):
        side = category(character) if kinds[i] == "ON" and mirror(character) != character else ""
        if side == "Ps":
            stack.append(i)
        elif side == "Pe":
            fitting = [at for at in stack if text[at] == mirror(character)]
            if fitting:
                pairs.append((fitting[-1], i))
                del stack[stack.index(fitting[-1]) :]
    return sorted(pairs)


def _resolve_neutral(kinds: list[str], own: str) -> None:
    """Apply N1 and N2 to `kinds`, in place: what is neutral goes with both its neighbours."""

    def between(before: str, behind: str) -> str:
        left, right = _side(before) or own, _side(behind) or own
        return left if left == right else own

    _spread(kinds, lambda kind: kind in NEUTRAL, between)


def _spread(
    kinds: list[str], chosen: Callable[[str], bool], between: Callable[[str, str], str]
) -> None:
    """Give each run of chosen kinds the one that belongs between its neighbours."""
    place = 0
    for is_chosen, run in groupby(list(kinds), key=chosen):
        end = place + len(list(run))
        if is_chosen:
            before = kinds[place - 1] if place else ""
            behind = kinds[end] if end < len(kinds) else ""
            kinds[place:end] = [between(before, behind)] * (end - place)
        place = end


def _side(kind: str) -> str:
    """Return the direction that a kind counts as beside what is neutral."""
    return "R" if kind in ("R", *NUMBERS) else "L" if kind == "L" else ""


def _raise(kind: str, base: int) -> int:
    """Apply I1 and I2: return by how much a kind lies above the level of the line."""
    if base:
        return int(kind != "R")
    return {"L": 0, "R": 1}.get(kind, 2)


def _reset_blanks(levels: list[int], originals: list[str], base: int) -> list[int]:
    """Apply L1: blanks at the end, or before a tab, lie on the level of the line."""
    at_end = True
    for i in range(len(levels) - 1, -1, -1):
        kind = originals[i]
        at_end = kind in ("S", "B") or (at_end and kind in ("WS", *IGNORED))
        if at_end:
            levels[i] = base
    return levels
