"""How well does a model read? What it read on labelled images, and everything that follows."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ctckit.data.samples import LeftOut
from ctckit.evaluation.errors import MixUp, Pair, count_confusions, main_mix_up
from ctckit.evaluation.figures import confidence_figures, error_figures, rate_figures
from ctckit.evaluation.leniency import Leniency
from ctckit.files import replace_atomically, write_table
from ctckit.image.decode import ImageReader
from ctckit.text.calibration import calibrated, fit_temperature
from ctckit.text.error_rates import ErrorCounts, count_errors

NUM_WORST = 48  # images to show


class Prediction(NamedTuple):
    """One image, the text it shows, and the text read.

    `confidence` is that of the model in the text, 0…1; `edits` counts the characters to insert,
    delete or replace to get from the text read to the label, those that count.
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
    """What a model read and how long it took.

    Attributes:
        predictions: in the order of the samples.
        seconds: that reading took.
        model: what the model says about itself, ready for JSON; see `ModelMetadata`.
        worst_pixels: the worst images by their address, as `ImageReader` gave them.
        unreadable: the records that are not in the predictions, as their image cannot be read.
        leniency: which differences did not count.
    """

    predictions: list[Prediction]
    seconds: float
    model: dict[str, Any] = field(default_factory=dict)
    worst_pixels: dict[str, np.ndarray] = field(default_factory=dict, repr=False, compare=False)
    unreadable: Sequence[LeftOut] = ()
    leniency: Leniency = Leniency()

    @cached_property
    def pairs(self) -> list[Pair]:
        """The label and the text of each prediction, as they were compared."""
        return [
            (self.leniency(prediction.label), self.leniency(prediction.text))
            for prediction in self.predictions
        ]

    @cached_property
    def errors(self) -> ErrorCounts:
        """The sums that the rates are made of."""
        return count_errors([text for _, text in self.pairs], [label for label, _ in self.pairs])

    @property
    def mix_up(self) -> MixUp | None:
        """The two characters that make up most errors, if two do."""
        return main_mix_up(count_confusions(self.pairs))

    @property
    def cer(self) -> float:
        """Character error rate: edits per character of all labels."""
        return self.errors.cer

    @property
    def wer(self) -> float:
        """Share of texts misread, that is, not read exactly, 0…1."""
        return self.errors.wer

    @property
    def images_per_second(self) -> float:
        """Speed of decoding, resizing and reading together."""
        return len(self.predictions) / self.seconds

    @property
    def fitted_temperature(self) -> float:
        """The `confidence_temperature` that these predictions ask for."""
        return fit_temperature(self._raw_confidences, self._is_right)

    def worst(self, count: int = 10) -> list[Prediction]:
        """Return the `count` predictions with most edits per character, then least confidence."""
        return sorted(self.predictions, key=badness)[:count]

    def pixels(self, prediction: Prediction) -> np.ndarray:
        """Return the image of a prediction, uint8 (H, W, 3) BGR: kept if it is one of the worst.

        Raises:
            InputError: the image was not kept and cannot be read any more.
        """
        kept = self.worst_pixels.get(prediction.image)
        if kept is None:
            return ImageReader(channels=3)(prediction.image, "")[0]
        return kept if kept.shape[-1] == 3 else np.repeat(kept, 3, axis=-1)

    def calibrated_by(self, temperature: float) -> "Evaluation":
        """Return this evaluation as the model gives it with another `confidence_temperature`."""
        confidences = calibrated(self._raw_confidences, temperature).tolist()
        predictions = [
            prediction._replace(confidence=confidence)
            for prediction, confidence in zip(self.predictions, confidences, strict=True)
        ]
        model = self.model | {"confidence_temperature": temperature}
        return replace(self, predictions=predictions, model=model)

    def figures(self, num_worst: int = NUM_WORST) -> dict[str, Any]:
        """Return everything there is to say, ready for JSON.

        Rates, shares, confidences and calibration errors are 0…1. The keys:
            CER: edits per character of all labels.
            WER, texts_misread_share: the share of texts not read exactly, under mltu's name and
                one that says so; WER_interval its 95 % interval (Wilson).
            word_error_rate: edits of words per word of all labels, as jiwer counts it.
            images, misread, characters, edits, words, word_edits: the sums they are made of.
            images_per_second: speed of decoding, resizing and reading together.
            unreadable: rows of the images that could not be read, with the reason.
            ignored: which differences did not count: case, and characters or None.
            CER_by_length, CER_by_position: rows with the characters and edits behind each.
            confusions, deletions, insertions: rows of characters, the most frequent first.
            main_mix_up: the two characters that make up most errors; None if no two do.
            calibration: see `confidence_figures`.
            thresholds: what happens if texts are accepted from a confidence on.
            threshold_for_error: the smallest one for an error of 0.001; None if there is none.
            worst: up to `num_worst` predictions.
            model: what the model says about itself.
        """
        readings = self._confidences, self._raw_confidences, self._is_right
        return {
            **rate_figures(self.errors, self.pairs),
            "images_per_second": round(self.images_per_second, 1),
            "unreadable": [record._asdict() for record in self.unreadable],
            "ignored": {
                "case": self.leniency.ignore_case,
                "characters": self.leniency.ignore,
            },
            **error_figures(self.pairs),
            **confidence_figures(*readings, self._temperature),
            "worst": [prediction._asdict() for prediction in self.worst(num_worst)],
            "model": self.model,
        }

    def to_csv(self, path: str | Path) -> Path:
        """Write one row for each image: image, label, prediction, confidence, edits."""
        header = ("image", "label", "prediction", "confidence", "edits")
        rows = (
            (image, label, text, f"{confidence:.6f}", edits)
            for image, label, text, confidence, edits in self.predictions
        )
        return write_table(path, header, rows)

    def to_json(self, path: str | Path) -> Path:
        """Write the `figures`, whole or not at all.

        Raises:
            InputError: nothing can be written there.
        """
        text = json.dumps(self.figures(), ensure_ascii=False, allow_nan=False, indent=1)
        with replace_atomically(path) as temporary:  # odd bytes of file names become \udc80 …
            temporary.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
        return Path(path)

    @property
    def _confidences(self) -> np.ndarray:
        return np.array([prediction.confidence for prediction in self.predictions])

    @property
    def _temperature(self) -> float:
        return float(self.model.get("confidence_temperature", 1.0))

    @property
    def _raw_confidences(self) -> np.ndarray:
        """Before the temperature of the model."""
        return calibrated(self._confidences, 1 / self._temperature)

    @property
    def _is_right(self) -> np.ndarray:
        return np.array([prediction.is_right for prediction in self.predictions], bool)


def badness(prediction: Prediction) -> tuple[float, float]:
    """Return a key that sorts by most edits per character, then by least confidence."""
    return -prediction.edits / max(len(prediction.label), 1), prediction.confidence
