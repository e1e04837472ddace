import re
import sys

import numpy as np
import pytest

from ctckit.errors import InputError
from ctckit.text.constrained.constraint import Constraint, constrained_decode
from ctckit.text.greedy import greedy_decode, vote
from ctckit.text.vocabulary import Vocabulary
from tests.text.all_paths import random_probabilities, text_sums

ABC = Vocabulary("abc")
LEXICON = ["", "a", "abc", "cab", "bb", "aaa", "cccccc", "xyz", "abcabcabc"]


def satisfies(text, constraint):
    """Say in plain words what the constraint means."""
    return (
        (constraint.pattern is None or re.fullmatch(constraint.pattern, text) is not None)
        and (constraint.length is None or constraint.length[0] <= len(text) <= constraint.length[1])
        and (constraint.lexicon is None or text in constraint.lexicon)
    )


@pytest.mark.parametrize(
    "constraint",
    [
        Constraint(pattern="[a-b]{2}c?"),
        Constraint(pattern="(a|b)*c", length=(2, 3)),
        Constraint(length=1),
        Constraint(length=3),
        Constraint(length=(2, 4)),
        Constraint(lexicon=LEXICON),
        Constraint(lexicon=LEXICON, length=3),
        Constraint(lexicon=LEXICON, pattern="[^b]*"),
    ],
    ids=str,
)
@pytest.mark.parametrize("concentration", [0.1, 1, 20])
def test_finds_the_most_probable_text_allowed(constraint, concentration):
    rng = np.random.default_rng(0)
    probabilities = random_probabilities(rng, 12, 6, 4, concentration=concentration)
    texts, confidences = constrained_decode(probabilities, ABC, constraint)
    assert confidences.dtype == np.float32
    for image, text, confidence in zip(probabilities, texts, confidences, strict=True):
        sums = text_sums(image, ABC)
        allowed = {t: p for t, p in sums.items() if satisfies(t, constraint)}
        assert text in allowed
        assert confidence == pytest.approx(max(allowed.values()), rel=1e-5, abs=1e-30)
        assert confidence == pytest.approx(allowed[text], rel=1e-5, abs=1e-30)


def test_sum_over_paths_decides_not_the_best_path():
    probabilities = np.array([[[0.4, 0.0, 0.6], [0.4, 0.0, 0.6]]], np.float32)
    texts, confidences = constrained_decode(
        probabilities, Vocabulary("ab"), Constraint(pattern="a?")
    )
    assert texts == ["a"]  # 0.64 in three paths; the best path, 0.36, is blank
    assert confidences[0] == pytest.approx(0.64)


def test_corrects_what_cannot_be():
    vocabulary = Vocabulary("01OI")
    probabilities = np.full((1, 7, 5), 0.01, np.float32)
    for step, character in enumerate("1O 0I 1"):
        probabilities[0, step, vocabulary.encode(character)[0] if character != " " else 4] = 0.6
    for step, character in [(1, "0"), (4, "1")]:
        probabilities[0, step, vocabulary.encode(character)[0]] = 0.3
    probabilities /= probabilities.sum(axis=-1, keepdims=True)
    assert greedy_decode(probabilities, vocabulary)[0] == ["1O0I1"]
    for constraint in (Constraint(pattern=r"\d{5}"), Constraint(lexicon=["OOIOI", "10011"])):
        assert constrained_decode(probabilities, vocabulary, constraint)[0] == ["10011"]


def test_members_of_an_ensemble_vote():
    probabilities = random_probabilities(np.random.default_rng(0), 5, 3, 6, 4)
    constraint = Constraint(length=2)
    members = [constrained_decode(probabilities[:, m], ABC, constraint) for m in range(3)]
    expected = vote([texts for texts, _ in members], np.stack([sure for _, sure in members]))
    texts, confidences = constrained_decode(probabilities, ABC, constraint)
    assert texts == expected[0]
    np.testing.assert_array_equal(confidences, expected[1])


def test_no_image():
    texts, confidences = constrained_decode(np.zeros((0, 5, 4)), ABC, Constraint(length=2))
    assert (texts, confidences.shape, confidences.dtype) == ([], (0,), np.float32)


def test_what_is_allowed():
    constraint = Constraint(pattern="[a-z]{2}", lexicon=["ab", "abc", "xy"])
    assert [constraint.allows(t, ABC) for t in ("ab", "ba", "abc", "xy", "")] == [True] + [
        False
    ] * 4
    assert Constraint(length=(1, 2)).allows("ab", ABC)
    assert not Constraint(length=(1, 2)).allows("x", ABC)


@pytest.mark.parametrize(
    "constraint",
    [Constraint(length=(0, 2)), Constraint(lexicon=["", "ab"]), Constraint(pattern="(ab)?")],
)
def test_an_image_may_have_no_text(constraint):
    blank = np.full((1, 5, 4), 0.02)
    blank[..., -1] = 0.94
    assert constraint.allows("", ABC)
    assert constrained_decode(blank, ABC, constraint)[0] == [""]
    surely_a = np.roll(blank, 1, axis=-1)
    assert constrained_decode(surely_a, ABC, constraint)[0] != [""]


def test_a_lexicon_is_spelled_as_the_network_writes():
    constraint = Constraint(lexicon=["É", "e\u0301"], length=2)
    assert constraint.spelled("NFC", ignore_case=False) == constraint
    assert constraint.spelled("NFD", ignore_case=True).lexicon == ("e\u0301",)
    assert constraint.spelled("NFC", ignore_case=True).lexicon == ("é",)


def test_a_pattern_whose_form_changes_its_length_is_refused():
    composed = Constraint(pattern="é+").spelled("NFD", ignore_case=False)
    with pytest.raises(InputError, match="^pattern: expected a pattern in Unicode's form NFD"):
        composed.require_possible(Vocabulary("e\u0301"))
    own = Constraint(pattern="(e\u0301)+").spelled("NFD", ignore_case=False)
    assert own.allows("e\u0301e\u0301", Vocabulary("e\u0301"))


def test_texts_are_compared_in_composed_form():
    decomposed = "e\u0301"
    assert Constraint(lexicon=[decomposed]).allows("é", Vocabulary("é"))
    assert Constraint(pattern=decomposed).allows("é", Vocabulary("é"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "expected a pattern, a length or a lexicon"),
        ({"length": 0}, "^length: expected a length of 1 or more.*received 0"),
        ({"length": (0, 0)}, r"^length: expected a length of 1 or more.*received \(0, 0\)"),
        ({"length": (-1, 3)}, r"^length: expected a length of 1 or more.*received \(-1, 3\)"),
        ({"length": (4, 3)}, r"^length: expected a length of 1 or more.*received \(4, 3\)"),
        ({"lexicon": []}, r"^lexicon: expected a lexicon of at least one text, received \[\]"),
        ({"lexicon": "abc"}, "^lexicon: expected a lexicon of at least one text, received 'abc'"),
    ],
)
def test_arguments_that_make_no_constraint(arguments, message):
    with pytest.raises(InputError, match=message):
        Constraint(**arguments)


@pytest.mark.parametrize(
    ("constraint", "message"),
    [
        (Constraint(pattern="[0-9"), "unterminated character set"),
        (Constraint(pattern="[0-9]+"), r"characters 'abc' satisfies the pattern '\[0-9\]\+'"),
        (Constraint(pattern="ab", length=3), "the pattern 'ab' and the length 3 to 3"),
        (
            Constraint(lexicon=["xyz", "q", "hello", "a1"]),
            "the lexicon 'xyz', 'q', 'hello', …, received",
        ),
        (Constraint(lexicon=["ab"], length=3), "the length 3 to 3 and the lexicon 'ab', received"),
        (Constraint(length=7), "fits into the network's 6 time steps .*a greater width$"),
        (Constraint(pattern="a{4}"), "fits into the network's 6 time steps"),
        (Constraint(lexicon=["aaaa", "abcabca"]), "fits into the network's 6 time steps"),
    ],
)
def test_constraints_without_a_text(constraint, message):
    probabilities = random_probabilities(np.random.default_rng(0), 1, 6, 4)
    with pytest.raises(InputError, match=message) as caught:
        constrained_decode(probabilities, ABC, constraint)
    assert "\n" not in str(caught.value)


def test_patterns_say_which_package_they_need(monkeypatch):
    monkeypatch.setitem(sys.modules, "interegular.patterns", None)
    with pytest.raises(InputError, match="pip install interegular"):
        Constraint(pattern="ccba?").allows("ccb", ABC)
    assert Constraint(length=2).allows("ab", ABC)  # the others need none
