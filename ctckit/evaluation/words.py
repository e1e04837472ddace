"""The word error rate of labels of several words, as speech and document readers count it."""

from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein


@dataclass(frozen=True)
class WordErrors:
    """Sums over a set of texts.

    Attributes:
        edits: words to insert, delete or replace to turn the texts read into the labels.
        words: of all labels together, parted by blanks.
    """

    edits: int = 0
    words: int = 0

    @property
    def rate(self) -> float:
        """Word error rate: edits per word of the labels; 0.0 without any, may pass 1.0."""
        return self.edits / self.words if self.words else 0.0


def count_word_errors(pairs: Iterable[tuple[str, str]]) -> WordErrors:
    """Count the edits between labels and the texts read, word by word.

    Args:
        pairs: (label, text read).

    >>> count_word_errors([("a small dog", "a smal dog"), ("a cat", "cat")])
    WordErrors(edits=2, words=5)
    """
    rows = [(_words(label), _words(text)) for label, text in pairs]
    return WordErrors(
        edits=sum(Levenshtein.distance(label, text) for label, text in rows),
        words=sum(len(label) for label, _ in rows),
    )


def has_several_words(labels: Iterable[str]) -> bool:
    """Tell whether some label has more than one word: else its word is the whole text."""
    return any(len(_words(label)) > 1 for label in labels)


def _words(text: str) -> list[str]:
    """Return what blanks part; other spaces, such as U+00A0, belong to words, as jiwer has it."""
    return [word for word in text.split(" ") if word]
