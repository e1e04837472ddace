"""Read only what can be: texts of a pattern, of a length or of a list."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from ctckit.errors import InputError
from ctckit.text.constrained.automaton import DEAD, Automaton
from ctckit.text.constrained.prefix_search import most_probable_text
from ctckit.text.direction import is_right_to_left
from ctckit.text.forward import (
    Lattice,
    forward,
    log_probabilities,
    require_probabilities,
    text_probabilities,
)
from ctckit.text.greedy import ctc_decoder, decode_members, vote
from ctckit.text.vocabulary import Vocabulary, normalise, spell

CHUNK = 4096  # texts of a lexicon that are rated at once


@dataclass(frozen=True)
class Constraint:
    r"""What is known about every text; a text has to satisfy all that is given.

    Args:
        pattern: regular expression that the whole text matches, as "[0-9]{2}[a-z]{3}". In
            Python's syntax, without ^, $, look-behind and back-references; `\d`, `\w` and `\s`
            stand for ASCII characters. Characters that the network cannot read drop out. Not for
            texts from right to left, unless a lexicon is given, too.
        length: number of characters, or the smallest and the largest number. Kept as two numbers.
            The smallest may be 0: an image without text.
        lexicon: all texts there are. Those with characters that the network cannot read drop out.
        unicode_form: in which the network writes; a reader sets it to its model's own.

    Raises:
        InputError: none of them is given, a length is out of range or the lexicon is empty.

    >>> Constraint(pattern="[0-9]{2}[a-z]{3}").allows("12abc", Vocabulary("123abc"))
    True
    """

    pattern: str | None = None
    length: int | tuple[int, int] | None = None
    lexicon: Sequence[str] | None = None
    unicode_form: str = "NFC"

    def __post_init__(self) -> None:
        """Check what can be checked without a vocabulary, and make it hashable."""
        if self.pattern is None and self.length is None and self.lexicon is None:
            raise InputError(
                "constraint: expected a pattern, a length or a lexicon, received none of them; "
                "give at least one"
            )
        if self.length is not None:
            shortest, longest = np.broadcast_to(self.length, 2).tolist()
            if not 0 <= shortest <= longest or not longest:
                raise InputError(
                    f"expected a length of 1 or more, or the smallest and the largest length, "
                    f"received {self.length}; correct it",
                    argument="length",
                )
            object.__setattr__(self, "length", (shortest, longest))
        if self.lexicon is not None:
            if isinstance(self.lexicon, str) or not self.lexicon:
                raise InputError(
                    f"expected a lexicon of at least one text, received {self.lexicon!r}; "
                    "give a list of texts",
                    argument="lexicon",
                )
            texts = [normalise(text, self.unicode_form) for text in self.lexicon]
            object.__setattr__(self, "lexicon", tuple(dict.fromkeys(texts)))

    @property
    def lengths(self) -> tuple[int, int] | None:
        """The smallest and the largest number of characters, if they are limited."""
        return (self.length, self.length) if isinstance(self.length, int) else self.length

    def spelled(self, unicode_form: str, *, ignore_case: bool) -> "Constraint":
        """Return the same for a network that writes in this Unicode form, in lower case or not.

        A pattern stays as it is, but for its form.
        """
        lexicon = self.lexicon and [
            spell(text, unicode_form, ignore_case=ignore_case) for text in self.lexicon
        ]
        return replace(self, lexicon=lexicon, unicode_form=unicode_form)

    def require_possible(self, vocabulary: Vocabulary) -> None:
        """Make sure that some text of the vocabulary satisfies the constraint.

        Raises:
            InputError: none does, or the pattern is invalid.
        """
        _compile(self, vocabulary)

    def size(self, vocabulary: Vocabulary) -> int:
        """Return how many numbers decoding keeps for every time step of an image.

        Raises:
            InputError: those of `require_possible`.
        """
        return _compile(self, vocabulary).size

    def allows(self, text: str, vocabulary: Vocabulary) -> bool:
        """Return whether `text` is of this vocabulary and satisfies the constraint."""
        return text in _compile(self, vocabulary)


def parse_length(length: str) -> tuple[int, int]:
    """Return the smallest and the largest length that people write as "5" or "4-6".

    Raises:
        InputError: it is written otherwise.
    """
    numbers = re.fullmatch(r"(\d{1,9})(?:-(\d{1,9}))?", length.strip(), re.ASCII)
    if not numbers:
        raise InputError(
            f"expected a number such as 5, or 4-6, received '{length}'; give one such",
            argument="length",
        )
    return int(numbers[1]), int(numbers[2] or numbers[1])


def constrained_decode(
    probabilities: np.ndarray, vocabulary: Vocabulary, constraint: Constraint
) -> tuple[list[str], np.ndarray]:
    """Return for each image the most probable text that satisfies the constraint.

    It is the text with the highest sum over all its paths, exactly. Only where a network is so
    unsure that too many beginnings are about as probable (`prefix_search.MAX_PREFIXES`; never
    with a lexicon), the text of the most probable allowed path stands in for it.

    Args:
        probabilities: float (N, T, V+1), each row along the last axis sums to 1; or
            (N, M, T, V+1) of M networks, which `vote`.
        vocabulary: the characters of the first V classes.
        constraint: what is known about the texts.

    Returns:
        N texts, and the probability of each, float32 (N,), 0…1. A low one says that the image does
        not look like any allowed text.

    Raises:
        InputError: the shape does not fit, the pattern is invalid, or no text of the vocabulary
            satisfies the constraint and fits into T steps.
    """
    if np.ndim(probabilities) == 4:
        return vote(*decode_members(constrained_decode, probabilities, vocabulary, constraint))
    probabilities = require_probabilities(probabilities, vocabulary)
    allowed = _compile(constraint, vocabulary)
    texts = ctc_decoder(probabilities, vocabulary)
    confidences = text_probabilities(probabilities, texts, vocabulary)
    for i, text in enumerate(texts):
        if confidences[i] <= 0.5 or text not in allowed:  # more than half of all is beaten by none
            texts[i] = allowed.most_probable(log_probabilities(probabilities[i]))
            confidences[i] = text_probabilities(probabilities[i : i + 1], [texts[i]], vocabulary)[0]
    return texts, confidences.astype(np.float32)


class _Language:
    """The texts that an automaton accepts."""

    def __init__(self, automaton: Automaton, vocabulary: Vocabulary) -> None:
        self._automaton = automaton
        self._vocabulary = vocabulary
        self.size = automaton.successors.size

    def __contains__(self, text: str) -> bool:
        spellable = all(character in self._vocabulary for character in text)
        return spellable and self._automaton.accepts(self._vocabulary.visual.encode(text))

    def most_probable(self, log_probs: np.ndarray) -> str:
        found = most_probable_text(log_probs, self._automaton)
        if found is None:
            raise _none_fits(log_probs)
        return self._vocabulary.decode(found.ids)


class _Lexicon:
    """The texts of a list, each of which is rated."""

    def __init__(self, texts: Sequence[str], vocabulary: Vocabulary) -> None:
        self._texts = texts
        self._lookup = frozenset(texts)
        chunks = [texts[i : i + CHUNK] for i in range(0, len(texts), CHUNK)]
        self._lattices = [Lattice(chunk, vocabulary) for chunk in chunks]
        self.size = max(lattice.classes.size for lattice in self._lattices)

    def __contains__(self, text: str) -> bool:
        return text in self._lookup

    def most_probable(self, log_probs: np.ndarray) -> str:
        probabilities = np.exp(log_probs)
        scores = np.concatenate([self._rate(probabilities, each) for each in self._lattices])
        if scores.max() == -np.inf:
            raise _none_fits(log_probs)
        return self._texts[int(scores.argmax())]

    @staticmethod
    def _rate(probabilities: np.ndarray, lattice: Lattice) -> np.ndarray:
        count = len(lattice.lengths)
        return forward(np.broadcast_to(probabilities, (count, *probabilities.shape)), lattice)


@lru_cache(maxsize=8)
def _compile(constraint: Constraint, vocabulary: Vocabulary) -> _Language | _Lexicon:
    automaton = Automaton.of_all_texts(vocabulary)
    if constraint.pattern is not None:
        automaton &= Automaton.from_pattern(_pattern(constraint), vocabulary)
    if constraint.lengths is not None:
        automaton &= Automaton.of_length(*constraint.lengths, vocabulary)
    if constraint.pattern is not None and constraint.lexicon is None:
        _require_one_order(automaton, vocabulary)
    language = _Language(automaton, vocabulary)
    texts = [text for text in constraint.lexicon or () if text in language]
    if automaton.is_empty or (constraint.lexicon and not texts):
        raise InputError(
            f"constraint: expected that some text of the characters '{vocabulary}' satisfies "
            f"{_describe(constraint)}, received a constraint that none satisfies; correct it"
        )
    return _Lexicon(texts, vocabulary) if texts else language


def _pattern(constraint: Constraint) -> str:
    """Return the pattern in the form of the network, where that changes no character's number."""
    pattern = normalise(constraint.pattern or "")
    spelled = normalise(pattern, constraint.unicode_form)
    if len(spelled) != len(pattern) and spelled != constraint.pattern:
        raise InputError(
            f"expected a pattern in Unicode's form {constraint.unicode_form}, as the model writes, "
            f"received {pattern!r}; write a letter and its marks as characters of their own",
            argument="pattern",
        )
    return spelled


def _require_one_order(automaton: Automaton, vocabulary: Vocabulary) -> None:
    """Refuse a pattern of texts from right to left: the network sees them in another order."""
    if vocabulary.visual is vocabulary:
        return
    turning = [i for i, character in enumerate(vocabulary) if is_right_to_left(character)]
    if (automaton.successors[:, turning] != DEAD).any():
        raise InputError(
            "expected a pattern of texts from left to right, received one that characters written "
            "from right to left may match; give a lexicon or a length instead",
            argument="pattern",
        )


def _describe(constraint: Constraint) -> str:
    parts = []
    if constraint.pattern is not None:
        parts.append(f"the pattern {constraint.pattern!r}")
    if constraint.lengths is not None:
        parts.append("the length {} to {}".format(*constraint.lengths))
    if constraint.lexicon is not None:
        examples = ", ".join(map(repr, constraint.lexicon[:3]))
        parts.append(f"the lexicon {examples}{', …' * (len(constraint.lexicon) > 3)}")
    return " and ".join(parts)


def _none_fits(log_probs: np.ndarray) -> InputError:
    return InputError(
        f"constraint: expected an allowed text that fits into the network's {len(log_probs)} time "
        "steps (one for each character, one more between equal neighbours), received only longer "
        "ones; allow shorter texts, or train with a greater width"
    )
