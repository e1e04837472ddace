"""A model that is loaded in this process, ready to read batches."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ctckit.errors import InputError
from ctckit.inference.reader import ImageToWordModel
from ctckit.serve.reading import Asked, Found, read_batch
from ctckit.serve.wishes import Constraints
from ctckit.text.constrained.constraint import Constraint


class LoadedModel:
    """Read what requests ask for with a model of this process.

    Args:
        reader: the model.
        max_pixels: most pixels of an image.

    Attributes:
        num_threads: batches that it can read at the same time.
    """

    def __init__(self, reader: ImageToWordModel, max_pixels: int) -> None:
        self.num_threads = reader.num_threads
        self._reader = reader
        self._max_pixels = max_pixels
        self._constraints = Constraints(reader.metadata, reader.constraint)
        _warm_up(reader)

    def constraint(self, said: dict[str, Any]) -> Constraint | None:
        """Return what a request says of its texts, see `Constraints.of`."""
        return self._constraints.of(said)

    def read(self, asked: Sequence[Asked]) -> list[Found | InputError]:
        """Return what is read in each image, see `read_batch`."""
        return read_batch(self._reader, asked, self._max_pixels)

    def close(self) -> None:
        """Let go of nothing: the model is its owner's."""


def _warm_up(reader: ImageToWordModel) -> None:
    """Read a blank image: the first run of a network takes longer than all others."""
    blank = reader.prepare(np.full((reader.metadata.height, 64), 255, np.uint8))
    reader.predict_probabilities(blank[None])
