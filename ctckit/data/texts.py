"""Many texts at once: their bytes in one array, and where each ends."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice, pairwise
from operator import eq, index
from typing import TypeVar, overload

import numpy as np

_CHUNK = 10_000  # texts that are Python's at once
_ERRORS = "surrogatepass"  # names of files may be no Unicode

Item = TypeVar("Item")
Positions = slice | np.ndarray


class Texts(Sequence[str]):
    """Texts that do not change: UTF-8 in one array, without an object for each.

    A million of 40 characters take 48 MB, a list of them 90. Others may share the arrays: some of
    the texts, in an order of their own, are 8 bytes each.

    Args:
        content: uint8 (S,), one text behind the other.
        ends: int64 (N + 1,): 0, and where each ends.
        positions: int (M,), of the texts that are meant, in their order; None: all.
    """

    def __init__(
        self, content: np.ndarray, ends: np.ndarray, positions: np.ndarray | None = None
    ) -> None:
        self._content = _unchanging(content)
        self._ends = _unchanging(ends)
        self._positions = positions

    @staticmethod
    def of(texts: Iterable[str]) -> "Texts":
        """Return the texts as such columns."""
        growing = GrowingTexts()
        for chunk in chunks(texts):
            growing.extend(chunk)
        return growing.texts()

    def __len__(self) -> int:
        return len(self._ends) - 1 if self._positions is None else len(self._positions)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: Positions) -> "Texts": ...
    def __getitem__(self, place: int | Positions) -> "str | Texts":
        """Return a text, or those of a slice, of positions, or where a mask is true."""
        if isinstance(place, (slice, np.ndarray)):
            own = np.arange(len(self)) if self._positions is None else self._positions
            return Texts(self._content, self._ends, own[place])
        number = range(len(self))[index(place)]
        if self._positions is not None:
            number = int(self._positions[number])
        start, end = self._ends[number : number + 2].tolist()
        return self._content[start:end].tobytes().decode("utf-8", _ERRORS)

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(map(self._chunk, range(0, len(self), _CHUNK)))

    def __eq__(self, other: object) -> bool:
        return equal(self, other)

    def __repr__(self) -> str:
        return f"<{len(self)} texts>"

    def __add__(self, others: "Texts") -> "Texts":
        """Return these texts and behind them others."""
        (content, ends), (more, their_ends) = self._own_arrays(), others._own_arrays()
        return Texts(
            np.concatenate([content, more]), np.concatenate([ends, their_ends[1:] + len(content)])
        )

    def __reduce__(self) -> tuple[type["Texts"], tuple[np.ndarray, np.ndarray]]:
        """Pickle these texts, without others that share the arrays."""
        return Texts, self._own_arrays()

    def _own_arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """Return content and ends without other texts."""
        own = self if self._positions is None else Texts.of(self)
        return own._content, own._ends

    def _chunk(self, start: int) -> list[str]:
        """Return the texts from the one at `start` on, as many as are Python's at once."""
        if self._positions is not None:
            places = self._positions[start : start + _CHUNK]
            starts, ends = self._ends[places].tolist(), self._ends[places + 1].tolist()
            view = self._content.data
            return [str(view[a:b], "utf-8", _ERRORS) for a, b in zip(starts, ends, strict=True)]
        ends = self._ends[start : start + _CHUNK + 1]
        block = self._content[ends[0] : ends[-1]].tobytes()
        pairs = pairwise((ends - ends[0]).tolist())
        if block.isascii():  # a character is a byte: cut the text, which takes half the time
            text = block.decode()
            return [text[first:last] for first, last in pairs]
        return [block[first:last].decode("utf-8", _ERRORS) for first, last in pairs]


def _unchanging(array: np.ndarray) -> np.ndarray:
    """Return the same array, but nobody can write to it: processes may share it."""
    if array.flags.writeable:
        array = array.view()
        array.flags.writeable = False
    return array


class GrowingTexts:
    """Texts to be, some added after the other."""

    def __init__(self) -> None:
        self._content = bytearray()
        self._lengths = array("q", [0])

    def extend(self, texts: Sequence[str]) -> None:
        """Add some texts."""
        together = "".join(texts)
        if together.isascii():  # a character is a byte
            self._content += together.encode()
            self._lengths.extend(map(len, texts))
        else:
            encoded = [text.encode("utf-8", _ERRORS) for text in texts]
            self._content += b"".join(encoded)
            self._lengths.extend(map(len, encoded))

    def texts(self) -> Texts:
        """Return all of them; none can be added any more."""
        ends = np.cumsum(np.frombuffer(self._lengths, np.int64))
        return Texts(np.frombuffer(self._content, np.uint8), ends)


def chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Yield items by so many as are Python's at once."""
    items = iter(items)
    while chunk := list(islice(items, _CHUNK)):
        yield chunk


def equal(one: Sequence[object], other: object) -> bool:
    """Say whether `other` is a sequence, of whatever kind, that holds the same."""
    if not isinstance(other, Sequence) or len(one) != len(other):
        return False
    return all(map(eq, one, other))
