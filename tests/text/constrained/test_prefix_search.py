import numpy as np
import pytest

from ctckit.text.constrained.automaton import Automaton
from ctckit.text.constrained.prefix_search import most_probable_text, text_of_best_path
from ctckit.text.forward import log_probabilities
from ctckit.text.vocabulary import Vocabulary
from tests.text.all_paths import best_paths, random_probabilities, text_sums

ABC = Vocabulary("abc")
PATTERNS = ["a*", "[ab]{2}", "(ab|ba)+c?", "a{3}", ".*", ".{4,}", "c|aab|bb", "[^a]a?[^a]", "aa|b"]


def most_probable(values, automaton):
    """Return the allowed text of the highest value, None if there is no allowed text."""
    allowed = {t: value for t, value in values.items() if automaton.accepts(ABC.encode(t))}
    return max(allowed, key=allowed.__getitem__, default=None)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("concentration", [0.2, 1, 20])
def test_exact_for_texts_and_for_paths(pattern, concentration):
    automaton = Automaton.from_pattern(pattern, ABC)
    rng = np.random.default_rng(len(pattern))
    for steps in (1, 2, 3, 4, 5, 6):
        probabilities = random_probabilities(rng, steps, 4, concentration=concentration)
        probabilities = np.maximum(probabilities, 1e-6)
        scores = log_probabilities(probabilities)
        expected = most_probable(text_sums(probabilities, ABC), automaton)
        found = most_probable_text(scores, automaton)
        if expected is None:
            assert found is None
            continue
        assert (ABC.decode(found.ids), found.exact) == (expected, True)
        expected = most_probable(best_paths(probabilities, ABC), automaton)
        assert ABC.decode(text_of_best_path(scores, automaton)) == expected


def test_certainty_about_what_is_not_allowed():
    """Probabilities of 0 and 1 neither underflow nor cancel out."""
    vocabulary = Vocabulary("0123456789")
    scores = log_probabilities(np.eye(11, dtype=np.float32)[[1] * 50])
    found = most_probable_text(scores, Automaton.from_pattern("1{20}", vocabulary))
    assert found == ((1,) * 20, True)
    found = most_probable_text(scores, Automaton.from_pattern("[02]{9}1{9}", vocabulary))
    assert found.exact
    assert found.ids[9:] == (1,) * 9


def test_gives_up_on_noise_with_an_allowed_text():
    vocabulary = Vocabulary("0123456789")
    automaton = Automaton.from_pattern("[0-4]*", vocabulary)
    scores = log_probabilities(
        random_probabilities(np.random.default_rng(0), 60, 11, concentration=50)
    )
    found = most_probable_text(scores, automaton, max_prefixes=20)
    assert not found.exact
    assert found.ids == text_of_best_path(scores, automaton)
    assert automaton.accepts(found.ids)
