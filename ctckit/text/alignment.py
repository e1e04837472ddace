"""Where in an image the characters of its text are."""

from typing import NamedTuple

import numpy as np

from ctckit.errors import InputError
from ctckit.text.direction import logical_order
from ctckit.text.forward import Lattice, log_probabilities, require_probabilities
from ctckit.text.greedy import ctc_decoder
from ctckit.text.vocabulary import Vocabulary


class Character(NamedTuple):
    """A character of a text in an image.

    Attributes:
        text: the character.
        probability: 0…1, the highest that the network gives it in any of its time steps. A
            network is sure of a character in a step or two; the steps beside them it shares with
            the blank, so that a mean would mostly tell how wide the character is.
        start: left end of its first time step, 0…1 of the width of the network's input.
        end: right end of its last time step. The steps tell where the network decided; the
            drawn character is usually wider.
    """

    text: str
    probability: float
    start: float
    end: float


def align(probabilities: np.ndarray, text: str, vocabulary: Vocabulary) -> list[Character]:
    """Return where each character of `text` is, on the most probable path that collapses to it.

    They come in the order of `text`; where that is written from right to left, the places descend.

    Args:
        probabilities: float (T, V+1) of one image, each row sums to 1.
        text: what was read, or should have been.
        vocabulary: the characters of the first V classes.

    Raises:
        InputError: the shape does not fit, the text has characters outside the vocabulary or
            needs more than T steps.

    >>> [a, b] = align(np.eye(3)[[2, 0, 0, 1]], "ab", Vocabulary("ab"))
    >>> a, b.start
    (Character(text='a', probability=1.0, start=0.25, end=0.75), 0.75)
    """
    probabilities = require_probabilities(np.asarray(probabilities)[None], vocabulary)[0]
    steps = len(probabilities)
    ids = vocabulary.encode(text)
    path = _path_of_all(probabilities, ids, vocabulary.blank_id)
    if path is None:
        path = _best_path(log_probabilities(probabilities), _fitting(text, vocabulary, steps))
    places = 2 * np.arange(len(ids)) + 1
    starts = path.searchsorted(places).tolist()  # a path goes from place to place, never back
    ends = path.searchsorted(places, "right").tolist()
    characters: dict[int, Character] = {}  # by their places in the text
    order = range(len(text)) if vocabulary.visual is vocabulary else logical_order(text)
    for place, class_id, start, end in zip(order, ids.tolist(), starts, ends, strict=True):
        probability = float(probabilities[start:end, class_id].max())
        characters[place] = Character(text[place], probability, start / steps, end / steps)
    return [characters[place] for place in range(len(text))]


def align_by_reader(members: np.ndarray, text: str, vocabulary: Vocabulary) -> list[Character]:
    """Return what `align` says of the first of M models that reads the text by itself.

    Where none does, the first of all tells. Arguments and errors are those of `align`, but for
    `members`, float (M, T, V+1).
    """
    own_texts = ctc_decoder(members, vocabulary) if len(members) > 1 else [text]
    reader = own_texts.index(text) if text in own_texts else 0
    return align(members[reader], text, vocabulary)


def _fitting(text: str, vocabulary: Vocabulary, steps: int) -> Lattice:
    """Return the lattice of a text, if that fits into so many steps."""
    lattice = Lattice([text], vocabulary)
    if (needed := int(lattice.steps_needed[0])) > steps:
        raise InputError(
            f"expected one that fits into the network's {steps} time steps, received {text!r}, "
            f"which needs {needed}; align another text",
            argument="text",
        )
    return lattice


def _path_of_all(probabilities: np.ndarray, ids: np.ndarray, blank: int) -> np.ndarray | None:
    """Return the place of the one text at each time step, if it is the most probable of all.

    Then no path is more probable than that of the best class of each step; None else.
    """
    best = probabilities.argmax(axis=-1)
    is_character = best != blank
    begins = is_character.copy()
    begins[1:] &= best[1:] != best[:-1]
    if not np.array_equal(best[begins], ids):
        return None
    path: np.ndarray = 2 * begins.cumsum() - is_character
    return path


def _best_path(log_probs: np.ndarray, lattice: Lattice) -> np.ndarray:
    """Return the place of the one text at each time step, int (T,), by Viterbi's algorithm."""
    emitted = log_probs[:, lattice.classes[0]]
    scores = np.full(emitted.shape[1] + 2, -np.inf)
    scores[2:4] = emitted[0, :2]
    moves = np.zeros(emitted.shape, int)
    for t in range(1, len(emitted)):
        skipped = np.where(lattice.skips[0], scores[:-2], -np.inf)
        options = np.stack([scores[2:], scores[1:-1], skipped])
        moves[t] = options.argmax(axis=0)
        scores[2:] = options.max(axis=0) + emitted[t]
    place = len(emitted[0]) - 1
    if place and scores[-2] > scores[-1]:
        place -= 1
    path = np.empty(len(emitted), int)
    for t in range(len(emitted) - 1, -1, -1):
        path[t] = place
        place -= moves[t, place]
    return path
