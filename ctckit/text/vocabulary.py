"""The characters a network can read: the only place that knows ids, blank and padding."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ctckit.errors import InputError

BLANK = -1  # the place of CTC's "nothing here" among a network's classes: the last one
SYMBOLS = slice(BLANK)  # the places of the characters: all before it


def blank_id(num_classes: int) -> int:
    """Return the id of the blank among so many classes; TensorFlow's scalars do as well.

    >>> blank_id(4)
    3
    """
    return num_classes + BLANK


def normalise(text: str) -> str:
    """Return `text` in Unicode's composed form (NFC), as some systems decompose file names."""
    return unicodedata.normalize("NFC", text)


@dataclass(frozen=True)
class Vocabulary:
    """Sorted, different characters; character `i` has the id `i`, the blank comes after them.

    Args:
        characters: a string or a sequence of single characters, in any order, repeats allowed.
            Kept as a sorted tuple.

    Raises:
        InputError: there is no character, or an item is not exactly one character.

    >>> vocabulary = Vocabulary("cab")
    >>> str(vocabulary), vocabulary.blank_id, vocabulary.num_classes
    ('abc', 3, 4)
    >>> vocabulary.encode("cab").tolist()
    [2, 0, 1]
    """

    characters: tuple[str, ...]

    def __init__(self, characters: str | Sequence[str]) -> None:
        """Sort `characters` and drop repeats."""
        for item in characters:
            if not isinstance(item, str) or len(item) != 1:
                raise InputError(
                    f"vocabulary: expected single characters, received {item!r}; "
                    "give one string, or a list with one character in each item"
                )
        if not characters:
            raise InputError(
                "vocabulary: expected at least one character, received none; "
                "check that the labels are not empty"
            )
        object.__setattr__(self, "characters", tuple(sorted(set(characters))))

    @classmethod
    def from_labels(cls, labels: Iterable[str]) -> "Vocabulary":
        """Collect the characters of all `labels`."""
        return cls(sorted(set().union(*labels)))

    @property
    def blank_id(self) -> int:
        """The id of CTC's "nothing here"."""
        return blank_id(self.num_classes)

    @property
    def padding_id(self) -> int:
        """The id that fills a label up to the common length; equal to `blank_id`."""
        return self.blank_id

    @property
    def num_classes(self) -> int:
        """Width of the network's last layer: the characters and the blank."""
        return len(self.characters) + 1

    def encode(self, text: str) -> np.ndarray:
        """Return the ids of `text`: int32 (len(text),), values 0…len(self)-1.

        Raises:
            InputError: names the characters of `text` that are not in the vocabulary.
        """
        unknown = sorted(set(text) - self._ids.keys())
        if unknown:
            raise InputError(
                f"label {text!r}: expected characters of '{self}', received "
                f"{', '.join(map(repr, unknown))}; correct the label or add them to the vocabulary"
            )
        return np.array([self._ids[character] for character in text], dtype=np.int32)

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of `ids`; blank, padding and any other id outside 0…V-1 is skipped."""
        return "".join(self.characters[i] for i in ids if 0 <= i < len(self.characters))

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {character: index for index, character in enumerate(self.characters)}

    def __len__(self) -> int:
        return len(self.characters)

    def __iter__(self) -> Iterator[str]:
        return iter(self.characters)

    def __contains__(self, character: object) -> bool:
        return character in self._ids

    def __str__(self) -> str:
        return "".join(self.characters)
