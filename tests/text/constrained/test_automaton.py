import re
import sys
from itertools import product

import numpy as np
import pytest

from ctckit.errors import InputError
from ctckit.text.constrained.automaton import Automaton
from ctckit.text.vocabulary import Vocabulary

VOCABULARY = Vocabulary("01ab-")


def texts(vocabulary, longest=5):
    return ["".join(t) for n in range(longest + 1) for t in product(vocabulary, repeat=n)]


def members(automaton, vocabulary=VOCABULARY):
    return {text for text in texts(vocabulary) if automaton.accepts(vocabulary.encode(text))}


@pytest.mark.parametrize(
    "pattern",
    [
        "[0-9]{2}[a-z]{3}",
        "a",
        "",
        "a?",
        ".*",
        ".{2,3}",
        "[^a]+",
        "[^ab0]{2}",
        "[^a-z]{2}",
        "(a|01)*b",
        "(?:ab|ba){1,2}",
        "a+?b*",
        r"\d\D\w?",
        r"[\d-]{2}",
        r"a\-b",
        r"(?!a)[ab]{2}",
        r"(a|b)*-(0|1){2}",
        "(0|)(a|b|)-?",
        "[a01]{3,}",
        "é?a",
    ],
)
def test_pattern_means_what_it_means_in_python(pattern):
    automaton = Automaton.from_pattern(pattern, VOCABULARY)
    assert members(automaton) == {t for t in texts(VOCABULARY) if re.fullmatch(pattern, t)}


@pytest.mark.parametrize("characters", ["ab", "é한𝒳", "[]()", "\\^$.", " \n", "AB"])
def test_any_character_can_be_in_the_vocabulary(characters):
    vocabulary = Vocabulary(characters)
    pattern = "".join(map(re.escape, characters)) + "|" + re.escape(characters[0]) + "+"
    found = members(Automaton.from_pattern(pattern, vocabulary), vocabulary)
    assert found == {t for t in texts(vocabulary) if re.fullmatch(pattern, t)}
    assert characters in found


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("[0-9", "unterminated character set"),
        ("(a", "missing \\)"),
        ("*a", "nothing to repeat"),
        ("a{3,1}", "min repeat greater than max repeat"),
        ("^a$", "\\^"),
        (r"(a)\1", "[Gg]roup"),
        (r"(?<=a)b", "look"),
        (r"\bab", "Escape"),
        ("[]a]", "not implemented"),
        ("[^]a]", "not implemented"),
        ("a(?#b)", "not implemented"),
        ("(?<x", "unknown extension"),
    ],
)
def test_pattern_that_is_invalid_or_no_automaton(pattern, reason):
    with pytest.raises(InputError, match="^pattern: expected a regular expression") as caught:
        Automaton.from_pattern(pattern, VOCABULARY)
    assert re.search(reason, str(caught.value).replace(repr(pattern), ""))
    assert "\n" not in str(caught.value)


def test_lengths():
    assert members(Automaton.of_length(2, 3, VOCABULARY)) == {
        text for text in texts(VOCABULARY) if 2 <= len(text) <= 3
    }
    assert members(Automaton.of_all_texts(VOCABULARY)) == set(texts(VOCABULARY))


def test_both():
    pattern, length = (
        Automaton.from_pattern("a*b?", VOCABULARY),
        Automaton.of_length(2, 3, VOCABULARY),
    )
    assert members(pattern & length) == {"aa", "ab", "aaa", "aab"}
    assert not (pattern & length).is_empty
    assert (
        Automaton.from_pattern("ab", VOCABULARY) & Automaton.of_length(3, 3, VOCABULARY)
    ).is_empty
    assert Automaton.from_pattern("[x-z]", VOCABULARY).is_empty


def test_every_state_can_be_reached_and_can_end():
    automaton = Automaton.from_pattern("ab|ax|x[ab]*|b{2}z", VOCABULARY)  # ax, x… and bbz drop out
    assert members(automaton) == {"ab"}
    assert len(automaton.accepting) == 3
    assert np.count_nonzero(automaton.successors >= 0) == 2


@pytest.mark.parametrize("pattern", [".*a.{20}", "(((a?){50}){50}){50}"])
def test_a_pattern_of_too_many_states_is_refused(pattern):
    """A few characters that stand for millions of states took all memory."""
    profiler = sys.getprofile()
    with pytest.raises(InputError, match="^constraint: expected a pattern and a length of few"):
        Automaton.from_pattern(pattern, VOCABULARY)
    assert sys.getprofile() is profiler


def test_lengths_and_both_of_too_many_states_are_refused():
    with pytest.raises(InputError, match="allow shorter texts"):
        Automaton.of_length(0, 10**9, VOCABULARY)
    long = Automaton.of_length(0, 1000, VOCABULARY)
    with pytest.raises(InputError, match="allow shorter texts"):
        _ = long & long
