"""Which labels look wrong."""

from collections.abc import Sequence

import numpy as np

from ctckit.text.forward import Lattice, forward
from ctckit.text.vocabulary import Vocabulary


def label_suspicions(
    probabilities: np.ndarray,
    labels: Sequence[str],
    texts: Sequence[str],
    vocabulary: Vocabulary,
) -> np.ndarray:
    """Return log P(text read) − log P(label), in nats, at least 0: float64 (N,).

    Args:
        probabilities: (N, T, V + 1).
        labels: of N images, each short enough for T steps.
        texts: what was read, N texts; may be empty.
        vocabulary: the characters.
    """
    read = forward(probabilities, Lattice(texts, vocabulary))
    labelled = forward(probabilities, Lattice(labels, vocabulary))
    suspicions: np.ndarray = np.maximum(read - labelled, 0)
    return suspicions
