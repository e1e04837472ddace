"""The characters a network can read: the only place that knows ids, blank and padding."""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ctckit.errors import InputError
from ctckit.text.direction import (
    DIRECTIONS,
    LEFT_TO_RIGHT,
    direction_of,
    to_logical,
    to_visual,
    with_mirrored,
)

UNICODE_FORMS = ("NFC", "NFD", "NFKC")
BLANK = -1  # the place of CTC's "nothing here" among a network's classes: the last one
SYMBOLS = slice(BLANK)  # the places of the characters: all before it


def blank_id(num_classes: int) -> int:
    """Return the id of the blank among so many classes; TensorFlow's scalars do as well.

    >>> blank_id(4)
    3
    """
    return num_classes + BLANK


def normalise(text: str, form: str = "NFC") -> str:
    """Return `text` in a Unicode form; some systems decompose file names, others do not.

    Args:
        text: any.
        form: one of `UNICODE_FORMS`.

    >>> normalise("e\u0301") == "é", len(normalise("é", "NFD")), normalise("２", "NFKC")
    (True, 2, '2')
    """
    normalize: Callable[[str, str], str] = unicodedata.normalize  # type: ignore[assignment]
    return text if text.isascii() else normalize(form, text)


def spell(text: str, form: str = "NFC", *, ignore_case: bool = False) -> str:
    """Return `text` as a model writes it that has learned in this form, in lower case or not.

    >>> spell("Ab２", "NFKC", ignore_case=True)
    'ab2'
    """
    text = normalise(text, form)
    return normalise(text.lower(), form) if ignore_case else text


@dataclass(frozen=True)
class Vocabulary:
    """Sorted, different characters; character `i` has the id `i`, the blank comes after them.

    Ids come in the order in which the characters stand in an image, from left to right. For texts
    that are written from right to left that is not the one in which they are read; `encode` and
    `decode` turn the one into the other.

    Args:
        characters: a string or a sequence of single characters, in any order, repeats allowed.
            Kept as a sorted tuple.
        direction: "rtl" for texts that may be written from right to left; "ltr" for ids in the
            order of the text, whatever it is.

    Raises:
        InputError: there is no character, an item is not exactly one character, or the direction is
            another one.

    >>> vocabulary = Vocabulary("cab")
    >>> str(vocabulary), vocabulary.blank_id, vocabulary.num_classes
    ('abc', 3, 4)
    >>> vocabulary.encode("cab").tolist()
    [2, 0, 1]
    """

    characters: tuple[str, ...]
    direction: str = LEFT_TO_RIGHT

    def __init__(self, characters: str | Sequence[str], direction: str = LEFT_TO_RIGHT) -> None:
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
        if direction not in DIRECTIONS:
            raise InputError(
                f"vocabulary: expected one of {', '.join(DIRECTIONS)}, received {direction!r}; "
                "choose one of them",
                argument="direction",
            )
        object.__setattr__(self, "characters", tuple(sorted(set(characters))))
        object.__setattr__(self, "direction", direction)

    @classmethod
    def from_labels(cls, labels: Iterable[str]) -> "Vocabulary":
        """Collect the characters of all `labels`, and see in which direction they are written."""
        characters = sorted(set().union(*labels))
        direction = direction_of(characters)
        return cls(
            characters if direction == LEFT_TO_RIGHT else with_mirrored(characters), direction
        )

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
        """Return the ids of `text`, in visual order: int32 (len(text),), values 0…len(self)-1.

        Raises:
            InputError: names the characters of `text` that are not in the vocabulary.
        """
        visual = text if self.direction == LEFT_TO_RIGHT else to_visual(text)
        unknown = sorted(set(visual) - self._ids.keys())
        if unknown:
            raise InputError(
                f"label {text!r}: expected characters of '{self}', received "
                f"{', '.join(map(repr, unknown))}; correct the label or add them to the vocabulary"
            )
        return np.array([self._ids[character] for character in visual], dtype=np.int32)

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of `ids`; blank, padding and any other id outside 0…V-1 is skipped."""
        return self.logical(
            "".join(self.characters[i] for i in ids if 0 <= i < len(self.characters))
        )

    def logical(self, visual: str) -> str:
        """Return a text whose characters stand in an image as in `visual`."""
        return visual if self.direction == LEFT_TO_RIGHT else to_logical(visual)

    @cached_property
    def visual(self) -> "Vocabulary":
        """The same characters, for texts in visual order: ids come in the order of the text."""
        return self if self.direction == LEFT_TO_RIGHT else Vocabulary(self.characters)

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
