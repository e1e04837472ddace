import random

import pytest
from bidi import get_display
from bidi.mirror import MIRRORED

from ctckit.text.bidi import base_level, embedding_levels, mirror, visual_order

# Letters and digits of several kinds, signs that number rules speak of, brackets, marks, what is
# ignored: everything that a label is likely to hold.
CHARACTERS = "אבגשםلسعم123۱۲٣٤ABCxy   -+/.,:%$()[]«»!'\t\u05b8\u064b\u200c"


@pytest.mark.parametrize("seed", range(4))
def test_the_order_is_that_of_another_implementation(seed):
    rng = random.Random(seed)
    for _ in range(2500):
        text = "".join(rng.choices(CHARACTERS, k=rng.randint(0, 12)))
        received = "".join(text[i] for i in visual_order(embedding_levels(text)))
        assert received == get_display(text), ascii(text)


@pytest.mark.parametrize(
    ("text", "base", "levels"),
    [
        ("", None, []),
        ("ab1", None, [0, 0, 0]),
        ("אב", None, [1, 1]),
        ("אב", 0, [1, 1]),  # within a line from left to right the word is what it was
        ("אב12", None, [1, 1, 2, 2]),  # a number keeps its direction
        ("אבa", None, [1, 1, 2]),
        ("aאב", None, [0, 1, 1]),
        ("س1-2", None, [1, 2, 1, 2]),  # after Arabic letters the sign parts the numbers
        ("א1-2", None, [1, 2, 2, 2]),  # after Hebrew ones it joins them
        ("א(b)", None, [1, 1, 2, 1]),
        ("א b(c)", None, [1, 1, 2, 2, 2, 2]),  # the brackets go with what they hold and follow
        ("א ", 0, [1, 0]),  # the blank at the end belongs to the line
        ("a\u200cא", None, [0, 0, 1]),  # what is ignored goes with the character before it
        ("\u200cא", None, [1, 1]),
    ],
)
def test_levels(text, base, levels):
    assert embedding_levels(text, base) == levels


@pytest.mark.parametrize(
    ("text", "level"), [("", 0), ("12", 0), ("12 א", 1), ("a א", 0), ("ا", 1), ("!a", 0)]
)
def test_the_first_letter_gives_the_direction(text, level):
    assert base_level(text) == level


def test_brackets_and_quotes_are_mirrored_both_ways():
    common = "()[]{}<>«»‹›≤≥「」"
    assert {c: mirror(c) for c in common} == {c: MIRRORED[c] for c in common}
    assert [mirror(c) for c in "aא1-∑"] == list("aא1-∑")  # ∑ is mirrored, but has no counterpart
