"""How well does a model read? Read labelled images and count the errors."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from ctckit.console import progress
from ctckit.data import Sample
from ctckit.errors import InputError
from ctckit.files import write_table
from ctckit.inference.image_to_word import ImageToWordModel
from ctckit.text import ErrorCounts, count_edits, count_errors


class Prediction(NamedTuple):
    """One image, the text it shows, and the text read.

    `confidence` is the probability of the network's best path, 0…1; `edits` counts the
    characters to insert, delete or replace to get from the text read to the label.
    """

    image: str
    label: str
    text: str
    confidence: float
    edits: int

    @property
    def is_right(self) -> bool:
        """Tell whether the text was read exactly."""
        return self.edits == 0


@dataclass(frozen=True)
class Evaluation:
    """Predictions in the order of the samples, and the seconds that reading took."""

    predictions: list[Prediction]
    seconds: float

    @cached_property
    def errors(self) -> ErrorCounts:
        """The sums that the rates are made of."""
        return count_errors(
            [prediction.text for prediction in self.predictions],
            [prediction.label for prediction in self.predictions],
        )

    @property
    def cer(self) -> float:
        """Character error rate: edits per character of all labels."""
        return self.errors.cer

    @property
    def wer(self) -> float:
        """Share of images not read exactly, 0…1."""
        return self.errors.wer

    @property
    def images_per_second(self) -> float:
        """Speed of decoding, resizing and reading together."""
        return len(self.predictions) / self.seconds

    def worst(self, count: int = 10) -> list[Prediction]:
        """Return the `count` predictions with most edits per character, then least confidence."""

        def badness(prediction: Prediction) -> tuple[float, float]:
            return -prediction.edits / max(len(prediction.label), 1), prediction.confidence

        return sorted(self.predictions, key=badness)[:count]

    def to_csv(self, path: str | Path) -> Path:
        """Write one row for each image: image, label, prediction, confidence, edits."""
        header = ("image", "label", "prediction", "confidence", "edits")
        rows = (
            (image, label, text, f"{confidence:.6f}", edits)
            for image, label, text, confidence, edits in self.predictions
        )
        return write_table(path, header, rows)


def evaluate(
    model: ImageToWordModel, samples: Sequence[Sample], batch_size: int = 64
) -> Evaluation:
    """Read all `samples`, with a progress bar, and compare with their labels.

    Raises:
        InputError: there is no sample, or an image cannot be read.
    """
    if not samples:
        raise InputError("evaluation: expected at least one labelled image, received none")
    started = perf_counter()
    readings = model.iterate([sample.image for sample in samples], batch_size)
    bar = progress(readings, "reading", total=len(samples), unit="img")
    predictions = [
        Prediction(*sample, *reading, count_edits(reading.text, sample.label))
        for sample, reading in zip(samples, bar, strict=True)
    ]
    return Evaluation(predictions, perf_counter() - started)
