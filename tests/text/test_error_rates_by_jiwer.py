"""Our error rates against those of jiwer, the usual package for them."""

import unicodedata

import jiwer
import numpy as np
import pytest

from ctckit.text.error_rates import count_edits, get_cer, get_wer

AS_IT_IS = jiwer.ReduceToListOfListOfChars()  # jiwer's default takes spaces off both ends
AS_ONE_WORD = jiwer.ReduceToListOfListOfWords(word_delimiter="\n")

ALPHABETS = [
    ("0123456789", "digits"),
    ("ab", "few characters, many repeats"),
    ("abc xyz ", "spaces, also at both ends and several in a row"),
    ("äöüßéñçøÅ", "composed characters"),
    ("ae\u0301\u0308o\u0302", "combining characters, each of which counts"),
    ("𝒳𝒴é한字🙂", "one to four bytes each"),
]


def draw_texts(alphabet: str, *, shortest: int = 1, count: int = 200) -> list[str]:
    rng = np.random.default_rng([len(alphabet), *map(ord, alphabet), shortest])
    sizes = rng.integers(shortest, 9, count)
    return ["".join(rng.choice(list(alphabet), size)) for size in sizes]


def misread(texts: list[str], alphabet: str) -> list[str]:
    """Return a third of the texts as they are, the others as some other text, some of them none."""
    others = draw_texts(alphabet, shortest=0, count=len(texts))
    return [text if i % 3 == 0 else others[i] for i, text in enumerate(texts)]


@pytest.fixture(params=[alphabet for alphabet, _ in ALPHABETS], ids=[why for _, why in ALPHABETS])
def texts(request):
    targets = draw_texts(request.param)
    return misread(targets, request.param), targets


def jiwer_cer(predictions: str | list[str], targets: str | list[str]) -> float:
    return jiwer.cer(
        targets, predictions, reference_transform=AS_IT_IS, hypothesis_transform=AS_IT_IS
    )


def test_the_texts_are_worth_comparing(texts):
    predictions, targets = texts
    pairs = list(zip(predictions, targets, strict=True))
    assert "" in predictions and "" not in targets  # older ones refuse an empty target
    assert 0 < sum(prediction == target for prediction, target in pairs) < len(pairs)
    assert any(len(prediction) > len(target) for prediction, target in pairs)


def test_the_character_error_rate_is_that_of_jiwer(texts):
    assert get_cer(*texts) == jiwer_cer(*texts)


def test_the_edits_of_each_text_are_those_of_jiwer(texts):
    for prediction, target in zip(*texts, strict=True):
        theirs = jiwer.process_characters(target, prediction, AS_IT_IS, AS_IT_IS)
        assert count_edits(prediction, target) == (
            theirs.substitutions + theirs.deletions + theirs.insertions
        )


def test_our_word_error_is_the_sentence_error_of_jiwer(texts):
    predictions, targets = texts
    as_one_word = {"reference_transform": AS_ONE_WORD, "hypothesis_transform": AS_ONE_WORD}
    assert get_wer(predictions, targets) == jiwer.wer(targets, predictions, **as_one_word)


def test_with_texts_of_one_word_it_is_their_word_error_as_well():
    targets = draw_texts("abcd")
    predictions = misread(targets, "abcd")
    assert get_wer(predictions, targets) == jiwer.wer(targets, predictions)


def test_with_texts_of_several_words_it_is_not():
    predictions, targets = ["two words"], ["two swords"]
    assert get_wer(predictions, targets) == 1
    assert jiwer.wer(targets, predictions) == 1 / 2


def test_what_looks_alike_but_is_written_otherwise_is_an_error_for_both():
    composed, decomposed = "né", unicodedata.normalize("NFD", "né")
    assert get_cer(composed, decomposed) == jiwer_cer(composed, decomposed) == 2 / 3
