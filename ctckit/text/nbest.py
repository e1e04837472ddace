"""The most probable texts of an image, by prefix beam search.

Source: Graves & Jaitly 2014, "Towards end-to-end speech recognition with recurrent neural
networks", algorithm 1, without a language model. The libraries for it (fast-ctc-decode,
pyctcdecode) return one text, or scores of their own; this one returns several, with their exact
probabilities.
"""

from typing import NamedTuple

import numpy as np

from ctckit.errors import InputError
from ctckit.text.forward import require_probabilities, text_probabilities
from ctckit.text.vocabulary import BLANK, SYMBOLS, Vocabulary


class Candidate(NamedTuple):
    """A text and its probability, 0…1: the sum over all paths that collapse to it."""

    text: str
    probability: float


def beam_search(
    probabilities: np.ndarray, vocabulary: Vocabulary, *, beam_width: int = 25, count: int = 5
) -> list[Candidate]:
    """Return the most probable texts of one image, the best first.

    Args:
        probabilities: float (T, V+1), each row sums to 1.
        vocabulary: the characters of the first V classes.
        beam_width: beginnings of texts that are followed at a time. What drops out of the beam is
            not found; the wider, the surer and the slower.
        count: texts to return, at most `beam_width`.

    Returns:
        `count` texts, or fewer where so many are not possible.

    Raises:
        InputError: the shape does not fit, or `count` is not within 1…`beam_width`.
    """
    if not 1 <= count <= beam_width:
        raise InputError(
            f"beam search: expected 1 <= count <= beam_width, received count {count} and "
            f"beam_width {beam_width}; widen the beam or ask for fewer texts"
        )
    batch = require_probabilities(np.asarray(probabilities)[None], vocabulary)
    visual = vocabulary.visual
    texts = [visual.decode(prefix) for prefix in _surviving_prefixes(batch[0], beam_width)]
    copies = np.broadcast_to(batch, (len(texts), *batch.shape[1:]))
    scored: dict[str, float] = {}  # two of them in visual order may read the same
    rated = text_probabilities(copies, texts, visual).tolist()
    for text, probability in zip(map(vocabulary.logical, texts), rated, strict=True):
        scored[text] = scored.get(text, 0.0) + probability
    found = [Candidate(*each) for each in scored.items()]
    return sorted(found, key=lambda candidate: -candidate.probability)[:count]


def _surviving_prefixes(probabilities: np.ndarray, beam_width: int) -> list[tuple[int, ...]]:
    """Return the texts, as ids, that are in the beam after the last step."""
    prefixes: list[tuple[int, ...]] = [()]
    in_symbol, in_blank = np.zeros(1), np.ones(1)  # (B,) of paths to a prefix, by their last step
    for row in np.maximum(probabilities, np.finfo(np.float32).tiny).astype(np.float64):
        symbols, blank = row[SYMBOLS], row[BLANK]
        last = [prefix[-1] if prefix else 0 for prefix in prefixes]
        same_in_symbol, same_in_blank = in_symbol * symbols[last], (in_symbol + in_blank) * blank
        longer = np.outer(in_symbol + in_blank, symbols)  # (B, V)
        longer[range(len(prefixes)), last] = in_blank * symbols[last]  # again, only after a blank
        _merge(prefixes, same_in_symbol, longer)
        in_symbol = np.append(same_in_symbol, longer)
        in_blank = np.append(same_in_blank, np.zeros(longer.size))
        scores = in_symbol + in_blank
        kept = np.argsort(-scores, kind="stable")[: min(beam_width, np.count_nonzero(scores))]
        in_symbol, in_blank = in_symbol[kept] / scores.max(), in_blank[kept] / scores.max()
        prefixes = [_prefix(place, prefixes, len(symbols)) for place in kept.tolist()]
    return prefixes


def _merge(prefixes: list[tuple[int, ...]], same: np.ndarray, longer: np.ndarray) -> None:
    """Move to `same` what `longer` holds for prefixes that are in the beam already."""
    places = {prefix: place for place, prefix in enumerate(prefixes)}
    for place, prefix in enumerate(prefixes):
        if prefix and (parent := places.get(prefix[:-1])) is not None:
            same[place] += longer[parent, prefix[-1]]
            longer[parent, prefix[-1]] = 0.0


def _prefix(place: int, prefixes: list[tuple[int, ...]], num_symbols: int) -> tuple[int, ...]:
    """Return the prefix at `place` of all of `prefixes`, then each of them with each symbol."""
    if place < len(prefixes):
        return prefixes[place]
    parent, symbol = divmod(place - len(prefixes), num_symbols)
    return (*prefixes[parent], symbol)
