"""From class probabilities over time to text, by CTC's greedy rule.

Take the best class of each time step, merge neighbours that are equal, drop the blank.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from ctckit.errors import InputError
from ctckit.text.vocabulary import Vocabulary


def ctc_decoder(predictions: np.ndarray, chars: str | Sequence[str] | Vocabulary) -> list[str]:
    """Return the texts of a batch of network outputs, without a loop over time.

    Args:
        predictions: float (N, T, classes); probabilities or logits, only the order matters.
        chars: the characters in the order of their classes; any class beyond them is a blank.

    Raises:
        InputError: `predictions` does not have three axes.

    >>> ctc_decoder(np.eye(3)[[[0, 0, 2, 0, 1]]], "ab")
    ['aab']
    """
    return _best_texts(_require_batch(predictions).argmax(axis=-1), list(chars))


def greedy_decode(
    probabilities: np.ndarray, vocabulary: Vocabulary
) -> tuple[list[str], np.ndarray]:
    """Return the texts of a batch of network outputs and how sure the network is of each.

    Args:
        probabilities: float (N, T, V+1), each row along the last axis sums to 1.
        vocabulary: the characters of the first V classes.

    Returns:
        N texts, and their confidences as float32 (N,), 0…1: the probability of the best path,
        the product over time of the highest probability of each step.

    Raises:
        InputError: the shape is not (N, T, V+1) for this vocabulary.
    """
    probabilities = _require_batch(probabilities)
    if probabilities.shape[-1] != vocabulary.num_classes:
        raise InputError(
            f"decoding: expected {vocabulary.num_classes} classes for the vocabulary "
            f"'{vocabulary}' and the blank, received {probabilities.shape[-1]}; "
            "use the vocabulary the network was trained with"
        )
    ids = probabilities.argmax(axis=-1)
    best = np.take_along_axis(probabilities, ids[..., None], axis=-1)[..., 0]
    # The sum of logarithms does not underflow on the way, however long the path.
    log_sums = np.log(np.maximum(best, np.finfo(np.float32).tiny), dtype=np.float64).sum(axis=-1)
    return _best_texts(ids, vocabulary.characters), np.exp(log_sums).astype(np.float32)


def _require_batch(predictions: np.ndarray) -> np.ndarray:
    predictions = np.asarray(predictions)
    if predictions.ndim != 3 or predictions.shape[-1] == 0:
        raise InputError(
            f"decoding: expected predictions of shape (N, T, classes), received "
            f"{predictions.shape}; for a single image add the axis N: predictions[None]"
        )
    return predictions


def _best_texts(ids: np.ndarray, characters: Sequence[str]) -> list[str]:
    """Merge repeats and drop blanks in the best classes `ids`, int (N, T)."""
    kept = ids < len(characters)
    kept[:, 1:] &= ids[:, 1:] != ids[:, :-1]
    letters = [characters[i] for i in ids[kept].tolist()]
    ends = np.cumsum(kept.sum(axis=1)).tolist()
    return ["".join(letters[start:end]) for start, end in pairwise([0, *ends])]
