import random

import jiwer
import pytest

from ctckit.evaluation.words import WordErrors, count_word_errors, has_several_words
from ctckit.text.error_rates import count_errors

ROWS = [
    ([], (0, 0), "nothing read"),
    ([("a b", "a b")], (0, 2), "all right"),
    ([("a b", "a x")], (1, 2), "one word read as another"),
    ([("a b", "ab")], (2, 2), "two words read as one: one replaced, one missed"),
    ([("ab", "a b")], (2, 1), "one word read as two: more edits than words"),
    ([("a b", "")], (2, 2), "nothing seen"),
    ([("", "a")], (1, 0), "something seen where nothing is: no word to divide by"),
    ([(" a  b ", "a b")], (0, 2), "more blanks make no more words"),
    ([("a\u00a0b c", "a b c")], (2, 2), "other spaces part no words, as jiwer has it"),
]


@pytest.mark.parametrize(("pairs", "counts", "_why"), ROWS)
def test_count_word_errors(pairs, counts, _why):
    assert count_word_errors(pairs) == WordErrors(*counts)


def test_rate():
    assert WordErrors(1, 4).rate == 0.25
    assert WordErrors(3, 2).rate == 1.5
    assert WordErrors(1, 0).rate == 0


def lines(count, words, seed=0):
    rng = random.Random(seed)
    letters = "abcdefghijklmnopqrstuvwxyz"
    return [" ".join("".join(rng.choices(letters, k=rng.randint(2, 7))) for _ in range(words))
            for _ in range(count)]  # fmt: skip


def test_one_letter_wrong_in_each_of_50_lines_of_8_words():
    """Every text is misread, but 7 of 8 words are right."""
    labels = lines(50, words=8)
    texts = [label[:-1] + label[-1].upper() for label in labels]
    found = count_word_errors(zip(labels, texts, strict=True))
    assert found == WordErrors(50, 400)
    assert found.rate == jiwer.wer(labels, texts) == 0.125
    assert count_errors(texts, labels).wer == 1


def test_rate_is_that_of_jiwer_on_the_whole_set():
    rng = random.Random(1)
    labels = [" ".join(rng.choices("abcd", k=rng.randint(1, 9))) for _ in range(300)]
    texts = [" ".join(rng.choices("abcd", k=rng.randint(1, 9))) for _ in range(300)]
    assert count_word_errors(zip(labels, texts, strict=True)).rate == jiwer.wer(labels, texts)


@pytest.mark.parametrize(
    ("labels", "expected"), [([], False), (["ab", " cd "], False), (["ab", "c d"], True)]
)
def test_has_several_words(labels, expected):
    assert has_several_words(iter(labels)) is expected
