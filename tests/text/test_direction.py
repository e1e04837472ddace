import random

import pytest

from ctckit.text.direction import (
    direction_of,
    failing_round_trips,
    is_right_to_left,
    logical_order,
    to_logical,
    to_visual,
    with_mirrored,
)


@pytest.mark.parametrize(
    ("characters", "expected"),
    [
        ("", False),
        ("abc1é日", False),
        (["a", "א"], True),
        ("سلام", True),
        ("ހ", True),  # Thaana
        ("𞤀", True),  # Adlam, beyond the first 65,536
        ("٣", True),  # Arabic digits: what stands between numbers changes sides
        ("۳", False),  # Persian ones count as European
        ("\u05b8", False),  # a mark alone has no direction
    ],
)
def test_is_right_to_left(characters, expected):
    assert is_right_to_left(characters) is expected
    assert direction_of(characters) == ("rtl" if expected else "ltr")


@pytest.mark.parametrize(
    ("logical", "visual"),
    [
        ("", ""),
        ("Abc (1)", "Abc (1)"),
        ("שלום", "םולש"),
        ("سلام", "مالس"),
        ("می\u200cروم", "مور\u200cیم"),  # the joiner stays between its letters
        ("אב 12", "12 בא"),
        ("12 אב", "בא 12"),
        ("אב 050-1234567", "050-1234567 בא"),
        ("תל 12/05/2024", "12/05/2024 לת"),
        ("سعر 3.5 ريال", "لاير 3.5 رعس"),
        ("خصم ٥٠%", "%٥٠ مصخ"),
        ("הנחה 50%", "50% החנה"),
        ("טל iPhone 12 חדש", "שדח iPhone 12 לט"),
        ("A אב B", "A בא B"),  # a line from left to right
        ("(אב)", "(בא)"),  # an opening bracket looks like a closing one
        ("א(ב", "ב)א"),
        ("שָׁ", "\u05c1\u05b8ש"),
    ],
)
def test_both_orders(logical, visual):
    assert to_visual(logical) == visual
    assert to_logical(visual) == logical


@pytest.mark.parametrize(
    "characters",
    [
        "אבגדהו",
        "אבגדהו123",
        "سلعم123",
        "سلعم١٢٣",
        "سلعم۱۲۳",
        "אבגדהו12 ",
        "سلعم12 ",
        "אבגדהו12-./ ",
        "سلعم12-./ ",
        "אב()[] ",
    ],
)
def test_letters_and_numbers_come_back_exactly(characters):
    rng = random.Random(0)
    texts = ["".join(rng.choices(characters, k=rng.randint(1, 8))) for _ in range(2000)]
    assert not failing_round_trips(texts)


def test_what_begins_with_latin_words_is_named():
    labels = ["AB", "אב", "AB אב", "אב AB", "B1אב"]
    assert failing_round_trips(labels) == ["AB אב", "B1אב"]


@pytest.mark.parametrize(
    "visual", ["ב)A(א", "A בא 1", "1 2 3 4 5 6 7 8 9 א", ")א", "1-א-A-2-ב-B-3"]
)
def test_nothing_that_is_read_gets_lost(visual):
    unbracketed = str.maketrans("()", "||")  # these may be mirrored
    logical = to_logical(visual)
    assert sorted(logical.translate(unbracketed)) == sorted(visual.translate(unbracketed))


def test_logical_order():
    assert logical_order("ab1") == [0, 1, 2]
    text = "אב 12"
    assert "".join(text[i] for i in logical_order(text)) == to_visual(text)


def test_with_mirrored():
    assert set(with_mirrored("א(")) == set("א()")
