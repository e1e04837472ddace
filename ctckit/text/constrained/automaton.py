"""Sets of texts as deterministic finite automata over the ids of a vocabulary."""

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, Self

import numpy as np

from ctckit.errors import InputError
from ctckit.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from interegular.fsm import FSM

DEAD = -1  # the state from which no text of the set can be reached any more
MAX_ARCS = 2**20  # of an automaton: decoding keeps as many numbers for every time step
MAX_CALLS = 300_000  # that a pattern may take, about a second; usual ones take a few thousand
MISREAD = re.compile(r"(?<!\\)\[\^?\]|\(\?#")  # by interegular: a ] that begins a class, comments


@dataclass(frozen=True, eq=False)
class Automaton:
    """A set of texts: those that lead from state 0 to an accepting state.

    Attributes:
        successors: int (S, V), the state after reading an id in a state; -1 where no text of the
            set goes on.
        accepting: bool (S,), whether a text may end in the state.
    """

    successors: np.ndarray
    accepting: np.ndarray

    @classmethod
    def from_pattern(cls, pattern: str, vocabulary: Vocabulary) -> Self:
        r"""Build the set of texts over the vocabulary that match a regular expression as a whole.

        Args:
            pattern: in Python's syntax, without anchors, look-behind and back-references;
                `\d`, `\w` and `\s` stand for ASCII characters.
            vocabulary: characters outside it drop out of the pattern.

        Raises:
            InputError: the pattern is invalid, uses what no automaton can do, or stands for too
                large a one.
        """
        machine = _parse(pattern)
        _require_size(len(machine.states) * len(vocabulary))
        numbers = {state: number for number, state in enumerate(_start_first(machine))}
        successors = np.full((len(numbers), len(vocabulary)), DEAD)
        for state, arcs in machine.map.items():
            for i, character in enumerate(vocabulary):
                target = arcs.get(machine.alphabet[character])
                successors[numbers[state], i] = numbers.get(target, DEAD)
        return cls(successors, np.array([state in machine.finals for state in numbers])).trim()

    @classmethod
    def of_all_texts(cls, vocabulary: Vocabulary) -> Self:
        """Build the set of all texts, the empty one included."""
        return cls(np.zeros((1, len(vocabulary)), int), np.ones(1, bool))

    @classmethod
    def of_length(cls, shortest: int, longest: int, vocabulary: Vocabulary) -> Self:
        """Build the set of all texts of `shortest` to `longest` characters.

        Raises:
            InputError: they are too long.
        """
        _require_size((longest + 1) * len(vocabulary))
        lengths = np.arange(longest + 1)
        successors = np.where(lengths < longest, lengths + 1, DEAD)
        return cls(np.repeat(successors[:, None], len(vocabulary), axis=1), lengths >= shortest)

    @property
    def is_empty(self) -> bool:
        """Whether there is no text in the set."""
        return not self.accepting.any()

    def accepts(self, ids: Iterable[int]) -> bool:
        """Return whether the text of `ids` is in the set."""
        state = 0
        for i in ids:
            state = self.successors[state, i]
            if state == DEAD:
                return False
        return bool(self.accepting[state])

    def __and__(self, other: Self) -> Self:
        """Return the texts that are in both sets (the product automaton).

        Raises:
            InputError: it would be too large.
        """
        _require_size(self.successors.size * len(other.accepting))
        pairs = self.successors[:, None] * len(other.accepting) + other.successors
        dead = (self.successors[:, None] == DEAD) | (other.successors == DEAD)
        successors = np.where(dead, DEAD, pairs).reshape(-1, pairs.shape[-1])
        accepting = (self.accepting[:, None] & other.accepting).ravel()
        return type(self)(successors, accepting).trim()

    def trim(self) -> Self:
        """Return the same set without states that lie on no way from start to acceptance."""
        kept = self._reachable() & self._productive()
        kept[0] = True
        numbers = np.append(np.where(kept, np.cumsum(kept) - 1, DEAD), DEAD)  # [-1] is DEAD
        return type(self)(numbers[self.successors][kept], self.accepting[kept])

    def _reachable(self) -> np.ndarray:
        reached: np.ndarray = np.arange(len(self.accepting)) == 0
        while True:
            targets = self.successors[reached]
            grown = reached.copy()
            grown[targets[targets != DEAD]] = True
            if (grown == reached).all():
                return reached
            reached = grown

    def _productive(self) -> np.ndarray:
        productive = np.append(self.accepting, False)  # [-1], the dead state, is not
        while True:
            grown = productive.copy()
            grown[:-1] |= productive[self.successors].any(axis=1)
            if (grown == productive).all():
                return productive[:-1]
            productive = grown


def _parse(pattern: str) -> "FSM":
    try:
        from interegular.patterns import InvalidSyntax, Unsupported, parse_pattern
    except ModuleNotFoundError as error:
        raise InputError(
            "constraint: expected the package interegular for patterns, received an installation "
            "without it; do pip install interegular"
        ) from error
    try:
        re.compile(pattern)  # its messages say what is wrong, and where
        if found := MISREAD.search(pattern):
            raise Unsupported(f"{found[0]} is not implemented")
        with _limited_calls():
            return parse_pattern(pattern).to_fsm()
    except (re.error, InvalidSyntax, Unsupported) as error:
        reason = " ".join(str(error).split()) or "invalid syntax"
        raise InputError(
            f"expected a regular expression for the whole text, received {pattern!r} "
            f"({reason}); correct it, without ^, $, look-behind and back-references",
            argument="pattern",
        ) from error


def _start_first(machine: "FSM") -> list[Any]:
    return [machine.initial, *sorted(machine.states - {machine.initial})]


@contextmanager
def _limited_calls() -> Iterator[None]:
    """Refuse a pattern that takes too many calls, of this thread, to become an automaton.

    One of a few characters, as `.*a.{20}`, may stand for millions of states, and interegular knows
    no limit. Calls are counted, not seconds: what is refused here is refused everywhere.
    """
    left = MAX_CALLS

    def count(*_: Any) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            _refuse_size()

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(before)


def _require_size(arcs: int) -> None:
    if arcs > MAX_ARCS:
        _refuse_size()


def _refuse_size() -> NoReturn:
    raise InputError(
        "constraint: expected a pattern and a length of few states, received one that takes too "
        "many; repeat less in the pattern, or allow shorter texts"
    )
