"""Whatever the texts: error rates are those of jiwer, and counts of parts add up."""

import jiwer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctckit.text.error_rates import ErrorCounts, count_errors, get_cer, get_wer

CHARACTERS = st.characters(exclude_characters="\n")  # jiwer parts words there, see below
SHORT = st.text("ab c", max_size=6)  # many coincidences
PAIRS = st.lists(
    st.tuples(SHORT, SHORT.filter(bool))
    | st.tuples(st.text(CHARACTERS), st.text(CHARACTERS, min_size=1)),
    min_size=1, max_size=8,
)  # fmt: skip
BY_CHARACTER = jiwer.ReduceToListOfListOfChars()
BY_TEXT = jiwer.ReduceToListOfListOfWords(word_delimiter="\n")


def rate_of_jiwer(rate, pairs, transform):
    predictions, targets = map(list, zip(*pairs, strict=True))
    both = {"reference_transform": transform, "hypothesis_transform": transform}
    return rate(targets, predictions, **both)


@given(PAIRS)
def test_rates_are_those_of_jiwer(pairs):
    predictions, targets = zip(*pairs, strict=True)
    assert get_cer(predictions, targets) == rate_of_jiwer(jiwer.cer, pairs, BY_CHARACTER)
    assert get_wer(predictions, targets) == rate_of_jiwer(jiwer.wer, pairs, BY_TEXT)


@given(PAIRS)
def test_counts_of_parts_add_up(pairs):
    counts = [count_errors(*pair) for pair in pairs]
    assert sum(counts, ErrorCounts()) == count_errors(*zip(*pairs, strict=True))


@given(PAIRS)
def test_a_text_read_exactly_has_no_error(pairs):
    targets = [target for _, target in pairs]
    assert get_cer(targets, targets) == get_wer(targets, targets) == 0
    assert sum(count_errors(*pair).wrong_texts for pair in pairs) == pytest.approx(
        sum(prediction != target for prediction, target in pairs)
    )
