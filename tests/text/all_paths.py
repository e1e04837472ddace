"""The definition of CTC, by enumeration: every path, and the text it collapses to."""

from collections import defaultdict
from functools import cache
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
    steps = len(probabilities)
    paths, texts = _paths(steps, vocabulary)
    products = probabilities[np.arange(steps), paths].astype(np.float64).prod(axis=1)
    found = defaultdict(list)
    for text, value in zip(texts, products.tolist(), strict=True):
        found[text].append(value)
    return {text: combine(values) for text, values in found.items()}


@cache
def _paths(steps: int, vocabulary: Vocabulary) -> tuple[np.ndarray, list[str]]:
    """Return all paths, (P, T), and the text of each."""
    paths = list(product(range(vocabulary.num_classes), repeat=steps))
    array = np.array(paths, int).reshape(len(paths), steps)
    return array, [collapse(path, vocabulary) for path in paths]


def random_probabilities(rng, *shape, concentration=0.5):
    """Return float32 (*shape[:-1], classes) that sum to 1; the lower, the nearer to one class."""
    return rng.dirichlet(np.full(shape[-1], concentration), shape[:-1]).astype(np.float32)
