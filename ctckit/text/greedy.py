"""From class probabilities over time to text, by CTC's greedy rule.

Take the best class of each time step, merge neighbours that are equal, drop the blank.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ctckit.text.forward import require_batch, require_probabilities, text_probabilities
from ctckit.text.vocabulary import Vocabulary, blank_id

MANY_CLASSES = 64  # from here on NumPy's own argmax is as fast
ROWS_PER_BLOCK = 8192


def ctc_decoder(predictions: np.ndarray, chars: str | Sequence[str] | Vocabulary) -> list[str]:
    """Return the texts of a batch of network outputs, without a loop over time.

    Args:
        predictions: float (N, T, classes); probabilities or logits, only the order matters.
        chars: the characters in the order of their classes; any class beyond them is a blank. A
            vocabulary of texts from right to left gives them in the order in which they are read.

    Raises:
        InputError: `predictions` does not have three axes.

    >>> ctc_decoder(np.eye(3)[[[0, 0, 2, 0, 1]]], "ab")
    ['aab']
    """
    texts = _merge_repeats(_best_classes(require_batch(predictions)), list(chars))
    return _logical(texts, chars) if isinstance(chars, Vocabulary) else texts


def greedy_decode(
    probabilities: np.ndarray, vocabulary: Vocabulary
) -> tuple[list[str], np.ndarray]:
    """Return the texts of a batch of network outputs and how sure the network is of each.

    Args:
        probabilities: float (N, T, V+1), each row along the last axis sums to 1; or
            (N, M, T, V+1) of M networks, which `vote`.
        vocabulary: the characters of the first V classes.

    Returns:
        N texts, and their probabilities as confidences, float32 (N,), 0…1: each is the sum over
        all paths that collapse to the text. The best path alone says little, as a network that is
        sure of a character spreads it over several steps.

    Raises:
        InputError: the shape is not (N, T, V+1) for this vocabulary.
    """
    if np.ndim(probabilities) == 4:
        return vote(*decode_members(greedy_decode, probabilities, vocabulary))
    probabilities = require_probabilities(probabilities, vocabulary)
    texts = _merge_repeats(_best_classes(probabilities), vocabulary.characters)
    confidences = text_probabilities(probabilities, texts, vocabulary.visual)
    return _logical(texts, vocabulary), confidences.astype(np.float32)


def with_blanks(probabilities: np.ndarray, num_steps: int) -> np.ndarray:
    """Return probabilities (…, T, V + 1) with further steps that say blank, up to `num_steps`."""
    *others, steps, classes = probabilities.shape
    blanks = np.eye(1, classes, blank_id(classes), dtype=np.float32)
    missing = np.broadcast_to(blanks, (*others, num_steps - steps, classes))
    return np.concatenate([probabilities, missing], axis=-2)


def vote(texts: Sequence[Sequence[str]], confidences: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Return for each image the text that several readers back with most confidence together.

    Args:
        texts: what each of M readers read on N images: M lists of N texts.
        confidences: float (M, N), 0…1.

    Returns:
        N texts, and the mean over the readers of the confidence in the text, 0 from those that
        read another: float32 (N,), 0…1. Among equals the earlier reader wins.

    >>> vote([["ab"], ["cd"], ["cd"]], np.array([[0.9], [0.5], [0.6]]))[0]
    ['cd']
    """
    winners, shares = [], []
    for candidates, weights in zip(zip(*texts, strict=True), confidences.T, strict=True):
        backing: dict[str, float] = {}
        for text, weight in zip(candidates, weights.tolist(), strict=True):
            backing[text] = backing.get(text, 0.0) + weight
        winners.append(max(backing, key=backing.__getitem__))
        shares.append(backing[winners[-1]] / len(candidates))
    return winners, np.array(shares, np.float32)


def decode_members(
    decode: Callable[..., tuple[list[str], np.ndarray]], probabilities: np.ndarray, *arguments: Any
) -> tuple[list[list[str]], np.ndarray]:
    """Return what `decode` makes of each of M networks, as `vote` takes it.

    Args:
        decode: function of probabilities (N, T, V+1) and `arguments`, to N texts and confidences.
        probabilities: float (N, M, T, V+1).
        arguments: passed on to `decode`.
    """
    members = [decode(member, *arguments) for member in np.moveaxis(probabilities, 1, 0)]
    return [texts for texts, _ in members], np.stack([confidences for _, confidences in members])


def _best_classes(scores: np.ndarray) -> np.ndarray:
    """Return argmax over the last axis of `scores` (N, T, classes), the first of equals.

    NumPy's argmax spends most of its time on getting from one short row to the next. Here a block
    of rows that fits into the cache is turned on its side, and the class that is the highest gets
    a mark, the higher the earlier it stands.
    """
    classes = scores.shape[-1]
    if classes >= MANY_CLASSES:
        best: np.ndarray = scores.argmax(axis=-1)
        return best
    rows = scores.reshape(-1, classes)
    marks = np.arange(classes, 0, -1, dtype=np.uint8)[:, None]
    ids = np.empty(len(rows), np.uint8)
    for start in range(0, len(rows), ROWS_PER_BLOCK):
        block = slice(start, start + ROWS_PER_BLOCK)
        columns = np.ascontiguousarray(rows[block].T)
        highest = ~(columns < columns.max(axis=0))
        ids[block] = classes - (highest.view(np.uint8) * marks).max(axis=0)
    return ids.reshape(scores.shape[:-1])


def _logical(texts: list[str], vocabulary: Vocabulary) -> list[str]:
    """Return texts in visual order as they are read; most are so already."""
    return texts if vocabulary.visual is vocabulary else list(map(vocabulary.logical, texts))


def _merge_repeats(ids: np.ndarray, characters: Sequence[str]) -> list[str]:
    """Merge repeats and drop blanks in the best classes `ids`, int (N, T)."""
    kept = ids < len(characters)
    kept[:, 1:] &= ids[:, 1:] != ids[:, :-1]
    spans = pairwise([0, *np.cumsum(kept.sum(axis=1)).tolist()])
    if any(len(character) != 1 for character in characters):  # as "<s>"
        names = [characters[i] for i in ids[kept].tolist()]
        return ["".join(names[start:end]) for start, end in spans]
    letters = np.array(characters, "<U1")[ids[kept]].tobytes().decode("utf-32-le", "surrogatepass")
    return [letters[start:end] for start, end in spans]
