"""The most probable text of a set of texts, by exact best-first search over prefixes.

Source: Graves et al. 2006, "Connectionist temporal classification", section 3.2, prefix search.
Here a prefix is rated by the probability of all *allowed* texts that begin with it. No text is more
probable than its prefixes, so the first whole text to come up is the most probable one.

All scores are logarithms of probabilities.
"""

from heapq import heappop, heappush
from typing import NamedTuple, Self

import numpy as np

from ctckit.text.constrained.automaton import DEAD, Automaton
from ctckit.text.vocabulary import BLANK, SYMBOLS

MAX_PREFIXES = 2000
IMPOSSIBLE = -np.inf

# -score, ids, and state and starts of a prefix; None of a whole text
Rated = tuple[float, tuple[int, ...], tuple[int, np.ndarray] | None]


class FoundText(NamedTuple):
    """A text as ids, and whether it is certain that no allowed text is more probable."""

    ids: tuple[int, ...]
    exact: bool


def most_probable_text(
    log_probs: np.ndarray, automaton: Automaton, max_prefixes: int = MAX_PREFIXES
) -> FoundText | None:
    """Return the most probable text that `automaton` accepts, None if none fits into T steps.

    Args:
        log_probs: float64 (T, V+1), finite.
        automaton: the allowed texts.
        max_prefixes: prefixes to extend before giving up; then the text of the most probable path
            is returned, with `exact` False. A trained network rarely needs more than one for each
            character.
    """
    completions = Completions.of(log_probs, automaton, np.logaddexp)
    if completions.after_blank[0, 0] == IMPOSSIBLE:
        return None
    prefix = Prefix.empty(log_probs)
    queue: list[Rated] = []
    for _ in range(max_prefixes):
        if automaton.accepting[prefix.state]:
            whole = np.logaddexp(prefix.in_blank[-1], prefix.in_symbol[-1])
            heappush(queue, (-whole, prefix.ids, None))
        starts = prefix.starts(log_probs)
        rest = completions.after_reading(prefix.state, slice(1, None))
        scores = np.logaddexp.reduce(starts + rest, axis=0)
        for i in np.flatnonzero(scores > IMPOSSIBLE).tolist():
            state = automaton.successors[prefix.state, i]
            heappush(queue, (-scores[i], (*prefix.ids, i), (state, starts[:, i])))
        _, ids, beginning = heappop(queue)
        if beginning is None:
            return FoundText(ids, exact=True)
        prefix = Prefix.begin(ids, *beginning, log_probs)
    return FoundText(text_of_best_path(log_probs, automaton), exact=False)


def text_of_best_path(log_probs: np.ndarray, automaton: Automaton) -> tuple[int, ...]:
    """Return the text of the most probable path whose text `automaton` accepts (Viterbi)."""
    completions = Completions.of(log_probs, automaton, np.maximum)
    ids: list[int] = []
    state, repeatable = 0, None  # the symbol of the step before, if it was no blank
    for t, row in enumerate(log_probs):
        scores = row[SYMBOLS] + completions.after_reading(state, t + 1)
        if repeatable is not None:
            scores[repeatable] = (
                row[repeatable] + completions.after_symbol[t + 1, state, repeatable]
            )
        symbol = int(scores.argmax())
        if row[BLANK] + completions.after_blank[t + 1, state] >= scores[symbol]:
            repeatable = None
        elif symbol != repeatable:
            ids.append(symbol)
            state, repeatable = automaton.successors[state, symbol], symbol
    return tuple(ids)


class Prefix(NamedTuple):
    """The beginning of a text.

    Attributes:
        ids: its symbols.
        state: of the automaton that has read it.
        in_symbol: float64 (T+1,); the first t steps collapse to it and end in its last symbol.
        in_blank: float64 (T+1,); the same, ending in a blank.
    """

    ids: tuple[int, ...]
    state: int
    in_symbol: np.ndarray
    in_blank: np.ndarray

    @classmethod
    def empty(cls, log_probs: np.ndarray) -> Self:
        """Return the beginning without any symbol."""
        in_blank = np.append(0.0, np.cumsum(log_probs[:, BLANK]))
        return cls((), 0, np.full(len(in_blank), IMPOSSIBLE), in_blank)

    @classmethod
    def begin(
        cls, ids: tuple[int, ...], state: int, starts: np.ndarray, log_probs: np.ndarray
    ) -> Self:
        """Return the prefix `ids` whose last symbol begins at step t with the score starts[t]."""
        symbol, blank = log_probs[:, ids[-1]], log_probs[:, BLANK]
        in_symbol = _stay(starts, symbol)
        return cls(ids, state, in_symbol, _stay(in_symbol[:-1] + blank, blank))

    def starts(self, log_probs: np.ndarray) -> np.ndarray:
        """Return for each step and symbol that the symbol begins there after this: (T, V)."""
        either = np.logaddexp(self.in_symbol, self.in_blank)[:-1, None]
        scores: np.ndarray = either + log_probs[:, SYMBOLS]
        if self.ids:
            last = self.ids[-1]  # once more only after a blank
            scores[:, last] = self.in_blank[:-1] + log_probs[:, last]
        return scores


class Completions(NamedTuple):
    """What it takes from each point of a path to an allowed text at the end.

    Attributes:
        after_blank: float64 (T+1, S), after t steps, in a state, the last step a blank.
        after_symbol: float64 (T+1, S, V), the same, the last step a symbol.
        successors: int (S, V), of the automaton.
    """

    after_blank: np.ndarray
    after_symbol: np.ndarray
    successors: np.ndarray

    @classmethod
    def of(cls, log_probs: np.ndarray, automaton: Automaton, add: np.ufunc) -> Self:
        """Go from the last step to the first.

        Args:
            log_probs: float64 (T, V+1).
            automaton: the allowed texts.
            add: np.logaddexp for all ways together, np.maximum for the best of them.
        """
        steps, (states, symbols) = len(log_probs), automaton.successors.shape
        after_blank = np.empty((steps + 1, states))
        after_symbol = np.empty((steps + 1, states, symbols))
        after_blank[-1] = np.where(automaton.accepting, 0.0, IMPOSSIBLE)
        after_symbol[-1] = after_blank[-1][:, None]
        self = cls(after_blank, after_symbol, automaton.successors)
        for t in range(steps - 1, -1, -1):
            blank = after_blank[t + 1] + log_probs[t, BLANK]
            repeat = after_symbol[t + 1] + log_probs[t, SYMBOLS]
            read = self.after_reading(slice(None), t + 1) + log_probs[t, SYMBOLS]
            after_blank[t] = add(blank, add.reduce(read, axis=1))
            after_symbol[t] = add(add(blank[:, None], repeat), _all_others(read, add))
        return self

    def after_reading(self, state: int | slice, t: int | slice) -> np.ndarray:
        """Return what it takes after t steps, the last of which read a symbol in `state`.

        The axes are those of `t` and `state`, if they are slices, and V.
        """
        targets = self.successors[state]
        scores = self.after_symbol[t, targets, np.arange(targets.shape[-1])]
        return np.where(targets == DEAD, IMPOSSIBLE, scores)


def _stay(arrivals: np.ndarray, log_probs: np.ndarray) -> np.ndarray:
    """Return the scores (T+1,) of being at a place after t steps.

    Args:
        arrivals: (T,), of getting there with step t.
        log_probs: (T,), of staying there with step t.
    """
    stayed = np.cumsum(log_probs)
    return np.append(IMPOSSIBLE, stayed + np.logaddexp.accumulate(arrivals - stayed))


def _all_others(scores: np.ndarray, add: np.ufunc) -> np.ndarray:
    """Return for each entry of a row the sum of the others; to subtract it would cancel."""
    none = np.full((len(scores), 1), IMPOSSIBLE)
    before = add.accumulate(np.hstack([none, scores[:, :-1]]), axis=1)
    behind = add.accumulate(np.hstack([none, scores[:, :0:-1]]), axis=1)[:, ::-1]
    others: np.ndarray = add(before, behind)
    return others
