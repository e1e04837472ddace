"""How images are divided among processes, and those of a process into parts."""

import re
from typing import NamedTuple

from ctckit.errors import InputError

PART_SIZE = 1000  # images of a part: what a killed process reads again at most


class Part(NamedTuple):
    """Images that come one after the other, whose results are written together.

    Attributes:
        name: tells shard and number; names sort as the images do.
        places: of its images among all.
    """

    name: str
    places: range


class Shard(NamedTuple):
    """The share of one of several processes: images that come one after the other.

    So an archive is read from one place on, and the results of all shards, put one behind the
    other, are in the order of the images.

    Attributes:
        number: 1 to `count`.
        count: of all shards.
    """

    number: int
    count: int

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    @property
    def name(self) -> str:
        """The beginning of the names of its files."""
        return f"shard-{self.number:05}-of-{self.count:05}"

    def places(self, images: int) -> range:
        """Return the places of its images among all; sizes differ by one at most.

        >>> [Shard(number, 3).places(8) for number in (1, 2, 3)]
        [range(0, 2), range(2, 5), range(5, 8)]
        """
        start, end = (images * number // self.count for number in (self.number - 1, self.number))
        return range(start, end)

    def parts(self, images: int) -> list[Part]:
        """Return its parts, of `PART_SIZE` images each, the last one of what is left."""
        places = self.places(images)
        return [
            Part(f"{self.name}-part-{number:06}", places[start : start + PART_SIZE])
            for number, start in enumerate(range(0, len(places), PART_SIZE), start=1)
        ]

    @property
    def all(self) -> list["Shard"]:
        """All shards of the images."""
        return [Shard(number, self.count) for number in range(1, self.count + 1)]


WHOLE = Shard(1, 1)


def parse_shard(text: str | None) -> Shard:
    """Return what `--shard` says; None is all images.

    >>> parse_shard("2/4")
    Shard(number=2, count=4)

    Raises:
        InputError: it is no such share.
    """
    if text is None:
        return WHOLE
    numbers = re.fullmatch(r"([0-9]{1,5})/([0-9]{1,5})", text)
    if not numbers:
        raise InputError(
            "expected the number of a process and of how many, such as 1/4, "
            f"received '{text}'",
            argument="shard",
        )  # fmt: skip
    shard = Shard(*map(int, numbers.groups()))
    if not 1 <= shard.number <= shard.count:
        last = max(shard.count, 1)
        raise InputError(
            f"expected 1/{last} to {last}/{last}, received '{text}'", argument="shard"
        )  # fmt: skip
    return shard
