import pickle
import re
from pathlib import Path

import numpy as np
import pytest

from ctckit.errors import InputError
from ctckit.text.vocabulary import BLANK, SYMBOLS, Vocabulary, blank_id, normalise, spell

PACKAGE = Path(__file__).parents[2] / "ctckit"


@pytest.mark.parametrize(
    ("characters", "stored"),
    [
        ("ba", ("a", "b")),
        (["b", "a", "b"], ("a", "b")),
        (("9", "0"), ("0", "9")),
        ("é한𝒳", ("é", "한", "𝒳")),  # one code point each, whatever their width in memory
        (" a", (" ", "a")),  # a space is a character
    ],
)
def test_characters_are_sorted_and_different(characters, stored):
    assert Vocabulary(characters).characters == stored


@pytest.mark.parametrize("characters", ["", [], ["ab"], ["a", ""], ["a", 1], [None]])
def test_not_single_characters(characters):
    with pytest.raises(InputError, match="vocabulary: expected"):
        Vocabulary(characters)


def test_ids_have_one_owner():
    vocabulary = Vocabulary("2345")
    assert (vocabulary.blank_id, vocabulary.padding_id, vocabulary.num_classes) == (4, 4, 5)
    assert (len(vocabulary), list(vocabulary), str(vocabulary)) == (4, list("2345"), "2345")
    assert "2" in vocabulary
    assert "6" not in vocabulary


@pytest.mark.parametrize("characters", ["0", "2345"])
def test_the_blank_has_one_place(characters):
    vocabulary = Vocabulary(characters)
    classes = list(range(vocabulary.num_classes))
    assert classes[BLANK] == blank_id(len(classes)) == vocabulary.blank_id
    assert classes[SYMBOLS] == vocabulary.encode(str(vocabulary)).tolist()


def test_nobody_else_counts_to_the_blank():
    counted = re.compile(r"classes - 1\b|shape\S*\[-1\] - 1\b|blank_index=-")
    for path in PACKAGE.rglob("*.py"):
        assert not counted.search(path.read_text(encoding="utf-8")), path


def test_from_labels():
    assert Vocabulary.from_labels(["ba", "ca", "0"]) == Vocabulary("0abc")
    assert Vocabulary.from_labels(label for label in ("a",)) == Vocabulary("a")
    with pytest.raises(InputError):
        Vocabulary.from_labels([""])


def test_encode_and_decode():
    vocabulary = Vocabulary("abc")
    ids = vocabulary.encode("cabba")
    assert ids.dtype == np.int32
    assert ids.tolist() == [2, 0, 1, 1, 0]
    assert vocabulary.decode(ids) == "cabba"
    assert vocabulary.encode("").shape == (0,)
    assert vocabulary.decode([3, 2, -1, 0, 7, 3]) == "ca"  # blank, padding and -1 are no text


def test_encode_names_the_unknown_characters():
    with pytest.raises(InputError, match=r"label 'axyx'.*'abc'.*received 'x', 'y'"):
        Vocabulary("abc").encode("axyx")


def test_is_a_value():
    vocabulary = Vocabulary("abc")
    vocabulary.encode("a")
    assert pickle.loads(pickle.dumps(vocabulary)) == vocabulary  # noqa: S301
    assert hash(vocabulary) == hash(Vocabulary("cba"))
    with pytest.raises(AttributeError):
        vocabulary.characters = ("x",)


# Directions


HEBREW = Vocabulary.from_labels(["אב 12", "(A)"])


def test_labels_tell_their_direction():
    assert Vocabulary.from_labels(["ab"]).direction == "ltr"
    assert HEBREW.direction == "rtl"
    assert str(Vocabulary.from_labels(["(א"])) == "()א"  # "(" looks like ")" there
    assert Vocabulary("אב").direction == "ltr"  # as files of before are to be understood


def test_ids_are_in_the_order_of_the_eye():
    assert HEBREW.visual.decode(HEBREW.encode("אב 12")) == "12 בא"
    assert HEBREW.decode(HEBREW.encode("אב 12")) == "אב 12"
    assert Vocabulary("אב").encode("אב").tolist() == [0, 1]
    assert HEBREW.visual.direction == "ltr"
    assert HEBREW.visual != HEBREW


def test_without_right_to_left_nothing_changes():
    latin = Vocabulary("ab")
    assert latin.visual is latin
    assert latin.logical("ba") == "ba"


def test_another_direction():
    with pytest.raises(InputError, match="^direction: expected|expected one of ltr, rtl"):
        Vocabulary("ab", "up")


# Spelling


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [
        ("ab", "NFD", "ab"),
        ("e\u0301", "NFC", "é"),
        ("é", "NFD", "e\u0301"),
        ("２ﬁ", "NFKC", "2fi"),
        ("２ﬁ", "NFC", "２ﬁ"),
        ("\u0958", "NFC", "\u0915\u093c"),  # Unicode excludes it from composition
    ],
)
def test_normalise(text, form, expected):
    assert normalise(text, form) == expected


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [
        ("AB", "NFC", "ab"),
        ("É", "NFD", "e\u0301"),
        ("㎒", "NFKC", "mhz"),  # capitals that only the form brings about
        ("İ", "NFC", "i̇"),
    ],
)
def test_spell_in_lower_case(text, form, expected):
    assert spell(text, form, ignore_case=True) == expected
    assert spell(expected, form, ignore_case=True) == expected
