"""Deterministic steps `(image, label) -> (image, label)`: a fixed image size, labels as ids."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ctckit.errors import InputError
from ctckit.text.vocabulary import Vocabulary


class LabelIndexer:
    """Turn a text into the ids of its characters, in the order in which an image shows them.

    Args:
        vocab: A `Vocabulary`, or the characters of one (they are sorted, as everywhere); ids then
            come in the order of the text, also of one that is written from right to left.
    """

    def __init__(self, vocab: Vocabulary | str | Sequence[str]) -> None:
        self.vocabulary = vocab if isinstance(vocab, Vocabulary) else Vocabulary(vocab)

    def __call__(self, image: Any, label: str) -> tuple[Any, np.ndarray]:
        """Return `image` as it came, and the ids of `label`: int32 (len(label),).

        Raises:
            InputError: `label` has characters that are not in the vocabulary.
        """
        return image, self.vocabulary.encode(label)


class LabelPadding:
    """Pad the ids of a label to a fixed length.

    Args:
        max_word_length: Length of the result.
        padding_value: What fills it up: `Vocabulary.padding_id`.
    """

    def __init__(self, *, max_word_length: int, padding_value: int) -> None:
        if max_word_length < 1:
            raise InputError(
                f"LabelPadding: expected max_word_length of at least 1, received "
                f"{max_word_length}; give the length of the longest label"
            )
        self.max_word_length = max_word_length
        self.padding_value = padding_value

    def __call__(self, image: Any, label: np.ndarray) -> tuple[Any, np.ndarray]:
        """Return `image` as it came, and `label` padded: int32 (max_word_length,).

        Raises:
            InputError: `label` is longer than `max_word_length`; nothing is cut off.
        """
        if len(label) > self.max_word_length:
            raise InputError(
                f"LabelPadding: expected at most {self.max_word_length} characters, received a "
                f"label of {len(label)}; raise max_word_length"
            )
        padded = np.full(self.max_word_length, self.padding_value, np.int32)
        padded[: len(label)] = label
        return image, padded
