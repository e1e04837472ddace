import numpy as np
import pytest

from ctckit.errors import InputError
from ctckit.text.greedy import ctc_decoder
from ctckit.text.nbest import beam_search
from ctckit.text.vocabulary import Vocabulary
from tests.text.all_paths import random_probabilities, text_sums

ABC = Vocabulary("abc")


def ranking(sums):
    return sorted(sums.items(), key=lambda found: -found[1])


@pytest.mark.parametrize("steps", [1, 2, 4, 6])
@pytest.mark.parametrize("concentration", [0.2, 1, 10])
def test_a_beam_that_holds_everything_finds_all_texts_in_order(steps, concentration):
    rng = np.random.default_rng(steps)
    probabilities = random_probabilities(rng, steps, 4, concentration=concentration)
    expected = ranking(text_sums(probabilities, ABC))
    found = beam_search(probabilities, ABC, beam_width=5000, count=len(expected))
    assert len(found) == len(expected)
    np.testing.assert_allclose(
        [probability for _, probability in found],
        [probability for _, probability in expected],
        rtol=1e-5,
        atol=1e-12,
    )
    sums = dict(expected)
    for text, probability in found:
        assert probability == pytest.approx(sums[text], rel=1e-5, abs=1e-12)


def test_probabilities_are_exact_in_a_narrow_beam_too():
    probabilities = random_probabilities(np.random.default_rng(0), 6, 4, concentration=1)
    sums = text_sums(probabilities, ABC)
    found = beam_search(probabilities, ABC, beam_width=3, count=3)
    assert len({text for text, _ in found}) == 3
    for text, probability in found:
        assert probability == pytest.approx(sums[text], rel=1e-5)


def test_finds_a_text_of_many_paths_that_greedy_misses():
    probabilities = np.array([[0.4, 0.6], [0.4, 0.6]], np.float32)  # classes a and blank
    assert ctc_decoder(probabilities[None], "a") == [""]
    (text, probability), second = beam_search(probabilities, Vocabulary("a"))
    assert (text, probability) == ("a", pytest.approx(0.64))
    assert second == ("", pytest.approx(0.36))


def test_beam_comes_near_the_best_on_longer_input():
    rng = np.random.default_rng(0)
    vocabulary = Vocabulary("0123456789")
    better = 0
    for _ in range(20):
        probabilities = random_probabilities(rng, 30, 11, concentration=0.1)
        narrow = beam_search(probabilities, vocabulary, beam_width=1, count=1)[0]
        wide = beam_search(probabilities, vocabulary, beam_width=50, count=1)[0]
        better += wide.probability > narrow.probability
        assert wide.probability >= 0.999 * narrow.probability
    assert better >= 5


def test_characters_of_any_script():
    vocabulary = Vocabulary("é한𝒳")
    path = [vocabulary.encode(character)[0] for character in "𝒳é한"]
    probabilities = 0.9 * np.eye(4, dtype=np.float32)[path] + 0.025
    assert beam_search(probabilities, vocabulary, count=1)[0].text == "𝒳é한"


def test_zeros_and_certainty():
    probabilities = np.eye(4, dtype=np.float32)[[0, 3, 0, 1]]
    found = beam_search(probabilities, ABC)
    assert found[0] == ("aab", pytest.approx(1))
    assert len(found) == 5
    assert all(probability < 1e-30 for _, probability in found[1:])


@pytest.mark.parametrize(("count", "beam_width"), [(0, 5), (6, 5), (1, 0)])
def test_count_must_fit_the_beam(count, beam_width):
    with pytest.raises(InputError, match="1 <= count <= beam_width"):
        beam_search(np.full((2, 4), 0.25), ABC, count=count, beam_width=beam_width)


def test_wrong_shape():
    with pytest.raises(InputError, match="expected predictions of shape"):
        beam_search(np.full((1, 2, 4), 0.25), ABC)
    with pytest.raises(InputError, match="expected 4 classes"):
        beam_search(np.full((2, 3), 1 / 3), ABC)
