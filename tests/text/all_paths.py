"""The definition of CTC, by enumeration: every path, and the text it collapses to."""

from collections import defaultdict
from itertools import groupby, product

import numpy as np

from ctckit.text.vocabulary import Vocabulary


def collapse(path, vocabulary):
    return "".join(vocabulary.characters[i] for i, _ in groupby(path) if i < len(vocabulary))


def text_sums(probabilities: np.ndarray, vocabulary: Vocabulary) -> dict[str, float]:
    """Return the probability of every text that (T, V+1) can give."""
    return _gather(probabilities, vocabulary, sum)


def best_paths(probabilities: np.ndarray, vocabulary: Vocabulary) -> dict[str, float]:
    """Return for every text the probability of its most probable path."""
    return _gather(probabilities, vocabulary, max)


def _gather(probabilities, vocabulary, combine):
    found = defaultdict(list)
    for path in product(range(vocabulary.num_classes), repeat=len(probabilities)):
        found[collapse(path, vocabulary)].append(
            np.prod(probabilities[np.arange(len(path)), path].astype(np.float64))
        )
    return {text: combine(values) for text, values in found.items()}


def random_probabilities(rng, *shape, concentration=0.5):
    """Return float32 (*shape[:-1], classes) that sum to 1; the lower, the nearer to one class."""
    return rng.dirichlet(np.full(shape[-1], concentration), shape[:-1]).astype(np.float32)
