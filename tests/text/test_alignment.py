import numpy as np
import pytest
import tensorflow as tf

from ctckit.errors import InputError
from ctckit.text import alignment
from ctckit.text.alignment import Character, align
from ctckit.text.forward import text_probabilities
from ctckit.text.vocabulary import Vocabulary
from tests.text.all_paths import best_paths, collapse, random_probabilities, text_sums

ABC = Vocabulary("abc")
A, B, C, BLANK = range(4)


@pytest.mark.parametrize("steps", [1, 2, 5, 6])
def test_probability_is_the_sum_over_all_paths(steps):
    probabilities = random_probabilities(np.random.default_rng(steps), steps, 4)
    sums = text_sums(probabilities, ABC)
    found = text_probabilities(np.stack([probabilities] * len(sums)), list(sums), ABC)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, list(sums.values()), rtol=1e-6)
    assert found.sum() == pytest.approx(1, abs=1e-5)  # all texts there are


def test_every_image_of_a_batch_has_its_own_text():
    rng = np.random.default_rng(0)
    probabilities = random_probabilities(rng, 6, 5, 4)
    texts = ["", "a", "aa", "aba", "ccc", "abcab"]
    expected = [text_sums(p, ABC)[text] for p, text in zip(probabilities, texts, strict=True)]
    np.testing.assert_allclose(text_probabilities(probabilities, texts, ABC), expected, rtol=1e-6)


def test_a_text_that_needs_more_steps_is_impossible():
    probabilities = np.full((4, 3, 4), 0.25, np.float32)
    found = text_probabilities(probabilities, ["abc", "aab", "aa", "abca"], ABC)
    np.testing.assert_allclose(found, [1 / 64, 0, 1 / 64, 0])


def test_probability_agrees_with_tensorflow():
    rng = np.random.default_rng(0)
    vocabulary = Vocabulary("0123456789abcdef")
    probabilities = random_probabilities(rng, 64, 50, 17)
    texts = ["".join(rng.choice(vocabulary.characters, rng.integers(1, 9))) for _ in range(64)]
    labels = tf.ragged.constant([vocabulary.encode(text).tolist() for text in texts]).to_sparse()
    losses = tf.compat.v1.nn.ctc_loss(
        tf.cast(labels, tf.int32),
        np.log(np.maximum(probabilities, 1e-30)),
        [50] * 64,
        time_major=False,
    )
    found = text_probabilities(np.maximum(probabilities, 1e-30), texts, vocabulary)
    np.testing.assert_allclose(-np.log(found), losses, rtol=1e-4)


def test_no_image():
    assert text_probabilities(np.zeros((0, 5, 4)), [], ABC).shape == (0,)


def test_wrong_arguments():
    probabilities = np.full((2, 3, 4), 0.25)
    with pytest.raises(InputError, match="received 1 texts for 2 images"):
        text_probabilities(probabilities, ["a"], ABC)
    with pytest.raises(InputError, match="received 'x'"):
        text_probabilities(probabilities, ["a", "x"], ABC)
    with pytest.raises(InputError, match="expected 3 classes"):
        text_probabilities(probabilities, ["a", "b"], Vocabulary("ab"))


def one_hot(*path):
    return np.eye(4, dtype=np.float32)[list(path)]


@pytest.mark.parametrize(
    ("path", "spans"),
    [
        ([A, B, C, BLANK], [("a", 0, 0.25), ("b", 0.25, 0.5), ("c", 0.5, 0.75)]),
        ([BLANK, A, A, B], [("a", 0.25, 0.75), ("b", 0.75, 1)]),
        ([A, BLANK, A, A], [("a", 0, 0.25), ("a", 0.5, 1)]),  # doubled characters stay apart
        ([BLANK, BLANK, BLANK, C], [("c", 0.75, 1)]),
        ([BLANK] * 4, []),
        ([A, A, A, A], [("a", 0, 1)]),
    ],
)
def test_places_of_the_characters(path, spans):
    expected = [Character(text, 1.0, start, end) for text, start, end in spans]
    assert align(one_hot(*path), collapse(path, ABC), ABC) == expected


def test_probability_of_a_character_is_its_best_step():
    probabilities = np.array(
        [[0.6, 0.3, 0, 0.1], [0.9, 0, 0, 0.1], [0.2, 0, 0, 0.8], [0.3, 0.4, 0, 0.3]], np.float32
    )
    found = align(probabilities, "ab", ABC)
    assert found == [
        Character("a", pytest.approx(0.9), 0, 0.5),
        Character("b", pytest.approx(0.4), 0.75, 1),
    ]


def test_another_text_than_the_best():
    """A label can be aligned that the network does not believe in."""
    probabilities = 0.97 * one_hot(BLANK, A, BLANK, BLANK) + 0.01
    probabilities[3] = [0.1, 0.1, 0.2, 0.6]
    first, second = align(probabilities, "bc", ABC)
    assert (second.text, second.start, second.end) == ("c", 0.75, 1)
    assert first.probability == pytest.approx(0.01)
    assert second.probability == pytest.approx(0.2)


@pytest.mark.parametrize("seed", range(5))
def test_path_is_the_most_probable(seed):
    probabilities = random_probabilities(np.random.default_rng(seed), 6, 4, concentration=1)
    for text, expected in best_paths(probabilities, ABC).items():
        path = np.full(6, BLANK)
        for character in align(probabilities, text, ABC):
            steps = slice(round(character.start * 6), round(character.end * 6))
            path[steps] = ABC.encode(character.text)
            assert character.probability == probabilities[steps, path[steps.start]].max()
        assert collapse(path, ABC) == text
        assert probabilities[np.arange(6), path].prod() == pytest.approx(expected, rel=1e-5)


def test_text_must_fit():
    with pytest.raises(InputError, match=r"^text: .* 4 time steps, received 'aab\w', .* needs 5"):
        align(np.full((4, 4), 0.25), "aabc", ABC)
    with pytest.raises(InputError, match="received 'x'"):
        align(np.full((4, 4), 0.25), "x", ABC)
    with pytest.raises(InputError, match=r"expected predictions of shape \(N, T, classes\)"):
        align(np.full((1, 4, 4), 0.25), "a", ABC)


@pytest.mark.parametrize("seed", range(5))
def test_the_best_of_all_texts_is_aligned_as_any_other(seed, monkeypatch):
    """Its path is found at once; by Viterbi's algorithm it is the same."""
    rng = np.random.default_rng(seed)
    for probabilities in random_probabilities(rng, 20, 12, 4, concentration=0.2):
        text = collapse(probabilities.argmax(-1), ABC)
        at_once = align(probabilities, text, ABC)
        with monkeypatch.context() as patch:
            patch.setattr(alignment, "_path_of_all", lambda *_: None)
            assert align(probabilities, text, ABC) == at_once
