import numpy as np
import pytest
from mltu.utils import text_utils as mltu

from ctckit.errors import InputError
from ctckit.text.greedy import ctc_decoder, greedy_decode, vote
from ctckit.text.vocabulary import Vocabulary


def one_hot(*paths):
    """Turn paths of class ids into probabilities of 0 and 1 over the classes a, b and blank."""
    return np.eye(3, dtype=np.float32)[list(paths)]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ([0, 1, 0], "aba"),
        ([0, 0, 1, 1], "ab"),  # neighbours merge
        ([0, 2, 0], "aa"),  # a blank keeps them apart
        ([2, 2, 2], ""),
        ([0, 2, 2, 0, 0, 2, 1], "aab"),
        ([], ""),
    ],
)
def test_rule(path, text):
    predictions = np.eye(3, dtype=np.float32)[np.array([path], dtype=int)]
    assert ctc_decoder(predictions, "ab") == [text]


@pytest.mark.parametrize("chars", ["dcab", list("dcab"), ["<s>", "b", "c", "d"]])
@pytest.mark.parametrize("scale", [1, 10, 0.1])  # nearly no value, most and all below one half
def test_parity_with_mltu(chars, scale):
    rng = np.random.default_rng(0)
    for length in (1, 2, 13, 50):
        predictions = scale * rng.random((2500, length, 5), dtype=np.float32)
        repeats = rng.random((2500, length)) < 0.5  # real paths stay in one class for some steps
        for step in range(1, length):
            predictions[repeats[:, step], step] = predictions[repeats[:, step], step - 1]
        assert ctc_decoder(predictions, chars) == mltu.ctc_decoder(predictions, chars)


def test_parity_with_mltu_on_probabilities_and_logits():
    logits = np.random.default_rng(0).normal(scale=4, size=(1000, 50, 20)).astype(np.float32)
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    chars = "abcdefghijklmnopqrs"
    expected = mltu.ctc_decoder(probabilities, chars)
    assert ctc_decoder(probabilities, chars) == ctc_decoder(logits, chars) == expected
    assert greedy_decode(probabilities, Vocabulary(chars))[0] == expected


@pytest.mark.parametrize("classes", [2, 63, 64, 300])
def test_parity_with_mltu_for_any_number_of_classes(classes):
    predictions = np.random.default_rng(0).random((20, 30, classes), dtype=np.float32)
    chars = [chr(0x4E00 + i) for i in range(classes - 1)]
    assert ctc_decoder(predictions, chars) == mltu.ctc_decoder(predictions, chars)


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ([0.5, 0.5, 0.0], "a"),
        ([0.0, 0.5, 0.5], "b"),
        ([0.7, 0.9, 0.9], "b"),
        ([0.9, 0.9, 0.9], "a"),
        ([0.0, 0.0, 0.0], "a"),
        ([-3.0, -1.0, -1.0], "b"),
        ([-np.inf, -np.inf, 0.6], ""),
        ([np.inf, np.inf, 0.0], "a"),
    ],
)
def test_the_first_of_equals_wins_as_with_argmax(row, text):
    assert ctc_decoder(np.array([[row]]), "ab") == [text]
    assert ctc_decoder(np.array([[row]], np.float16), "ab") == [text]


def test_memory_of_any_layout():
    predictions = np.random.default_rng(0).random((7, 11, 5)).astype(np.float32)
    expected = ctc_decoder(predictions, "abcd")
    assert ctc_decoder(np.asfortranarray(predictions), "abcd") == expected
    assert ctc_decoder(predictions[::-1], "abcd") == expected[::-1]
    assert ctc_decoder(predictions.tolist(), "abcd") == expected


def test_vocabulary_and_string_give_the_same():
    predictions = np.random.default_rng(0).random((20, 10, 4))
    assert ctc_decoder(predictions, Vocabulary("abc")) == ctc_decoder(predictions, "abc")
    assert ctc_decoder(predictions, "abc") == greedy_decode(predictions, Vocabulary("abc"))[0]


def test_no_image():
    assert ctc_decoder(np.zeros((0, 5, 3)), "ab") == []
    texts, confidences = greedy_decode(np.zeros((0, 5, 3), np.float32), Vocabulary("ab"))
    assert (texts, confidences.shape) == ([], (0,))


def test_confidence_is_the_probability_of_the_best_path():
    probabilities = np.array([[[0.5, 0.3, 0.2], [0.1, 0.8, 0.1]]] * 2, np.float32)
    probabilities[1] = one_hot(0, 2)
    texts, confidences = greedy_decode(probabilities, Vocabulary("ab"))
    assert texts == ["ab", "a"]
    assert confidences.dtype == np.float32
    np.testing.assert_allclose(confidences, [0.4, 1.0], rtol=1e-6)


@pytest.mark.parametrize("shape", [(5, 3), (1, 1, 5, 3), (3,), (2, 3, 0)])
def test_wrong_shape(shape):
    with pytest.raises(InputError, match=r"expected predictions of shape \(N, T, classes\)"):
        ctc_decoder(np.zeros(shape), "ab")


def test_vocabulary_must_fit():
    with pytest.raises(InputError, match="expected 3 classes.*received 4"):
        greedy_decode(np.zeros((1, 5, 4)), Vocabulary("ab"))


def test_vote_follows_the_majority_and_among_equals_the_surer():
    texts = [["ab", "x", ""], ["ab", "y", "q"], ["cd", "z", ""]]
    confidences = np.array([[0.5, 0.2, 0.3], [0.5, 0.9, 0.5], [0.9, 0.3, 0.3]])
    voted, shares = vote(texts, confidences)
    assert voted == ["ab", "y", ""]
    np.testing.assert_allclose(shares, [1.0 / 3, 0.3, 0.2], rtol=1e-6)


def test_members_of_an_ensemble_vote():
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(4), (5, 3, 7)).astype(np.float32)  # N, M, T, classes
    vocabulary = Vocabulary("abc")
    members = [greedy_decode(probabilities[:, m], vocabulary) for m in range(3)]
    expected = vote([texts for texts, _ in members], np.stack([sure for _, sure in members]))
    texts, confidences = greedy_decode(probabilities, vocabulary)
    assert texts == expected[0]
    np.testing.assert_array_equal(confidences, expected[1])
