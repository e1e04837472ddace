import numpy as np
import pytest
from mltu.utils import text_utils as mltu

from ctckit.errors import InputError
from ctckit.text import Vocabulary, ctc_decoder, greedy_decode


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
def test_parity_with_mltu(chars):
    rng = np.random.default_rng(0)
    for length in (1, 2, 13, 50):
        predictions = rng.random((500, length, 5), dtype=np.float32)
        repeats = rng.random((500, length)) < 0.5  # real paths stay in one class for some steps
        for step in range(1, length):
            predictions[repeats[:, step], step] = predictions[repeats[:, step], step - 1]
        assert ctc_decoder(predictions, chars) == mltu.ctc_decoder(predictions, chars)


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
