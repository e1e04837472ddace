"""How probable a network finds a given text: the sum over all paths that collapse to it.

Source: Graves et al. 2006, "Connectionist temporal classification", section 4.1.
"""

from collections.abc import Sequence

import numpy as np

from ctckit.errors import InputError
from ctckit.text.vocabulary import Vocabulary

STEPS_BETWEEN_SCALINGS = 6  # a float64 outlasts six factors of the smallest float32


def text_probabilities(
    probabilities: np.ndarray, texts: Sequence[str], vocabulary: Vocabulary
) -> np.ndarray:
    """Return how probable each text is: the sum over all paths that collapse to it.

    Args:
        probabilities: float (N, T, V+1), each row along the last axis sums to 1.
        texts: N texts; one that needs more than T steps has the probability 0.
        vocabulary: the characters of the first V classes.

    Returns:
        float64 (N,), 0…1.

    Raises:
        InputError: the shape does not fit, or a text has characters outside the vocabulary.
    """
    probabilities = require_probabilities(probabilities, vocabulary)
    if len(texts) != len(probabilities):
        raise InputError(
            f"text probabilities: expected a text for each image, received {len(texts)} texts "
            f"for {len(probabilities)} images; give them in the same order, one for one"
        )
    logarithms = forward(probabilities, Lattice(texts, vocabulary))
    sums: np.ndarray = np.minimum(np.exp(logarithms), 1.0)
    return sums


def log_probabilities(probabilities: np.ndarray) -> np.ndarray:
    """Return the logarithm as float64; a probability of 0 counts as the smallest float32."""
    positive = np.maximum(probabilities, np.finfo(np.float32).tiny)
    logarithms: np.ndarray = np.log(positive, dtype=np.float64)
    return logarithms


class Lattice:
    """The places a path passes for each of N texts: blank, character, blank, character, …, blank.

    Attributes:
        classes: int (N, P) with P = 2 × longest text + 1, the class of each place; blanks fill
            up the shorter texts.
        skips: bool (N, P), whether the place may follow the one before the previous: only a
            character does that, and only another one than the last.
        lengths: int (N,), characters of each text.
    """

    classes: np.ndarray
    skips: np.ndarray
    lengths: np.ndarray

    def __init__(self, texts: Sequence[str], vocabulary: Vocabulary) -> None:
        """Interleave the characters of `texts` with blanks."""
        self.lengths = np.array([len(text) for text in texts], dtype=int)
        width = 2 * self.lengths.max(initial=0) + 1
        self.classes = np.full((len(texts), width), vocabulary.blank_id)
        for places, text in zip(self.classes, texts, strict=True):
            places[1 : 2 * len(text) : 2] = vocabulary.encode(text)
        self.skips = np.zeros(self.classes.shape, bool)
        self.skips[:, 2:] = self.classes[:, 2:] != self.classes[:, :-2]

    @property
    def steps_needed(self) -> np.ndarray:
        """Time steps of the shortest path, int (N,): characters and neighbours that are equal."""
        inner = np.arange(3, self.classes.shape[1], 2)
        equal = (inner < 2 * self.lengths[:, None]) & ~self.skips[:, 3::2]
        steps: np.ndarray = self.lengths + equal.sum(axis=1)
        return steps


def forward(probabilities: np.ndarray, lattice: Lattice) -> np.ndarray:
    """Return the logarithm of the probability of each text: float64 (N,), -inf for none.

    The sums are kept near 1 by dividing by their total now and then, and adding its logarithm
    (Rabiner 1989, "A tutorial on hidden Markov models", section V.A): no time is too long, and
    one image takes half of what sums of logarithms take.

    Args:
        probabilities: float (N, T, V+1); may be broadcast, it is only read.
        lattice: of N texts.
    """
    rows = np.arange(len(lattice.lengths))
    emitted = probabilities.swapaxes(0, 1)[:, rows[:, None], lattice.classes]  # (T, N, P)
    emitted = np.maximum(emitted, np.finfo(np.float32).tiny, dtype=np.float64)
    skips = lattice.skips.astype(np.float64)
    padded = np.zeros((len(rows), skips.shape[1] + 2))  # two places before all, always 0
    sums, one_before, two_before = padded[:, 2:], padded[:, 1:-1], padded[:, :-2]
    sums[:, :2] = emitted[0, :, :2]
    reached = np.empty_like(sums)
    logarithms = np.zeros(len(rows))
    for t, likelihoods in enumerate(emitted[1:], start=1):
        np.multiply(two_before, skips, out=reached)
        reached += one_before
        reached += sums
        np.multiply(reached, likelihoods, out=sums)
        if t % STEPS_BETWEEN_SCALINGS == 0:
            total = sums.sum(axis=1)
            sums /= total[:, None]
            logarithms += np.log(total)
    ends = 2 * lattice.lengths
    last_character = np.where(lattice.lengths, sums[rows, ends - 1], 0)
    with np.errstate(divide="ignore"):  # a text longer than the time has no path at all
        logarithms += np.log(sums[rows, ends] + last_character)
    return logarithms


def require_probabilities(probabilities: np.ndarray, vocabulary: Vocabulary) -> np.ndarray:
    """Return `probabilities` as an array (N, T, V+1).

    Raises:
        InputError: the shape is another, or the classes are not those of the vocabulary.
    """
    probabilities = require_batch(probabilities)
    if probabilities.shape[-1] != vocabulary.num_classes:
        raise InputError(
            f"decoding: expected {vocabulary.num_classes} classes for the vocabulary "
            f"'{vocabulary}' and the blank, received {probabilities.shape[-1]}; "
            "use the vocabulary the network was trained with"
        )
    return probabilities


def require_batch(predictions: np.ndarray) -> np.ndarray:
    """Return `predictions` as an array (N, T, classes).

    Raises:
        InputError: the shape is another.
    """
    predictions = np.asarray(predictions)
    if predictions.ndim != 3 or predictions.shape[-1] == 0:
        raise InputError(
            f"decoding: expected predictions of shape (N, T, classes), received "
            f"{predictions.shape}; for a single image add the axis N: predictions[None]"
        )
    return predictions
