"""How wrong are the texts read? Count first, divide once."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from rapidfuzz.distance import Levenshtein

from ctckit.errors import InputError

Z_95 = 1.959964  # the normal distribution holds 95 % within ± this


@dataclass(frozen=True)
class ErrorCounts:
    """Sums over a set of texts; add two of them to count over both sets.

    Attributes:
        edits: characters to insert, delete or replace to turn the texts read into the targets.
        characters: length of all targets together.
        wrong_texts: texts that were not read exactly.
        texts: number of texts.
    """

    edits: int = 0
    characters: int = 0
    wrong_texts: int = 0
    texts: int = 0

    @property
    def cer(self) -> float:
        """Character error rate: edits per target character; may pass 1.0, 0.0 without any text.

        Where no target has characters, as of images without text: edits per text.
        """
        parts = self.characters or self.texts
        return self.edits / parts if parts else 0.0

    @property
    def wer(self) -> float:
        """Share of texts misread, that is, not read exactly, 0.0…1.0; 0.0 without any."""
        return self.wrong_texts / self.texts if self.texts else 0.0

    @property
    def wer_interval(self) -> tuple[float, float]:
        """The 95 % interval of the share of texts misread; (0.0, 1.0) without any text.

        Source: Wilson 1927, "Probable inference, the law of succession, and statistical
        inference"; it stays within 0…1 and is no point when nothing was wrong.

        >>> [round(bound, 4) for bound in ErrorCounts(0, 520, 0, 104).wer_interval]
        [0.0, 0.0356]
        """
        if not self.texts:
            return 0.0, 1.0
        n, share, z2 = self.texts, self.wer, Z_95 * Z_95
        centre = share + z2 / (2 * n)
        spread = Z_95 * sqrt(share * (1 - share) / n + z2 / (4 * n * n))
        return max((centre - spread) / (1 + z2 / n), 0.0), min(
            (centre + spread) / (1 + z2 / n), 1.0
        )

    def __add__(self, other: "ErrorCounts") -> "ErrorCounts":
        return ErrorCounts(
            self.edits + other.edits,
            self.characters + other.characters,
            self.wrong_texts + other.wrong_texts,
            self.texts + other.texts,
        )


def count_edits(prediction: str, target: str) -> int:
    """Return the Levenshtein distance: fewest insertions, deletions and replacements."""
    return Levenshtein.distance(prediction, target)


def count_errors(predictions: str | Sequence[str], targets: str | Sequence[str]) -> ErrorCounts:
    """Compare each prediction with the target at the same place; a string counts as one text.

    Raises:
        InputError: there are more of the one than of the other.

    >>> count_errors(["abc", "xy"], ["abc", "xyz"])
    ErrorCounts(edits=1, characters=6, wrong_texts=1, texts=2)
    """
    predictions = [predictions] if isinstance(predictions, str) else predictions
    targets = [targets] if isinstance(targets, str) else targets
    if len(predictions) != len(targets):
        raise InputError(
            f"error rates: expected as many predictions as targets, received "
            f"{len(predictions)} and {len(targets)}; give them in the same order, one for one"
        )
    edits = [count_edits(*pair) for pair in zip(predictions, targets, strict=True)]
    return ErrorCounts(
        edits=sum(edits),
        characters=sum(map(len, targets)),
        wrong_texts=sum(map(bool, edits)),
        texts=len(edits),
    )


def get_cer(preds: str | Sequence[str], target: str | Sequence[str]) -> float:
    """Return the character error rate over all texts (not the mean of each text's own rate).

    >>> get_cer(["abc", "xy"], ["abc", "xyz"])
    0.16666666666666666
    """
    return count_errors(preds, target).cer


def get_wer(preds: str | Sequence[str], target: str | Sequence[str]) -> float:
    """Return the share of texts not read exactly; a text is one word, spaces included.

    >>> get_wer(["abc", "xy"], ["abc", "xyz"])
    0.5
    """
    return count_errors(preds, target).wer
