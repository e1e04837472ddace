"""How well does a model read? Read labelled images and count the errors."""

import json
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ctckit.evaluation.confidence import (
    calibration_on_held_back,
    confidence_bins,
    expected_calibration_error,
)
from ctckit.evaluation.errors import count_confusions, errors_by_length, errors_by_position
from ctckit.evaluation.thresholds import threshold_for_error, threshold_table
from ctckit.files import replace_atomically, write_table
from ctckit.image.decode import ImageReader
from ctckit.text.calibration import calibrated, fit_temperature
from ctckit.text.error_rates import ErrorCounts, count_errors

TARGET_ERROR = 0.001  # share of the accepted texts that may be wrong
NUM_WORST = 48  # images to show


class Prediction(NamedTuple):
    """One image, the text it shows, and the text read.

    `confidence` is that of the model in the text, 0…1; `edits` counts the characters to insert,
    delete or replace to get from the text read to the label.
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
    """

    predictions: list[Prediction]
    seconds: float
    model: dict[str, Any] = field(default_factory=dict)
    worst_pixels: dict[str, np.ndarray] = field(default_factory=dict, repr=False, compare=False)

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
            CER, WER, WER_interval: the error rates, and the 95 % interval (Wilson) of the latter.
            images, misread, characters, edits: the sums they are made of.
            images_per_second: speed of decoding, resizing and reading together.
            CER_by_length, CER_by_position: rows with the characters and edits behind each.
            confusions, deletions, insertions: rows of characters, the most frequent first.
            calibration: see `_calibration`.
            thresholds: what happens if texts are accepted from a confidence on.
            threshold_for_error: the smallest one for an error of 0.001; None if there is none.
            worst: up to `num_worst` predictions.
            model: what the model says about itself.
        """
        pairs = [(prediction.label, prediction.text) for prediction in self.predictions]
        confusions = count_confusions(pairs)
        readings = self._confidences, self._is_right
        accepted = threshold_for_error(*readings, TARGET_ERROR)
        return {
            "CER": self.cer,
            "WER": self.wer,
            "WER_interval": list(self.errors.wer_interval),
            "images": self.errors.texts,
            "misread": self.errors.wrong_texts,
            "characters": self.errors.characters,
            "edits": self.errors.edits,
            "images_per_second": round(self.images_per_second, 1),
            "CER_by_length": _rows(errors_by_length(pairs), "length"),
            "CER_by_position": _rows(errors_by_position(pairs), "position"),
            "confusions": [c._asdict() for c in confusions if c.is_replacement],
            "deletions": [c._asdict() for c in confusions if not c.read],
            "insertions": [c._asdict() for c in confusions if not c.label],
            "calibration": self._calibration(),
            "thresholds": [row._asdict() for row in threshold_table(*readings)],
            "threshold_for_error": accepted and {"target": TARGET_ERROR, **accepted._asdict()},
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

    def _calibration(self) -> dict[str, Any]:
        """Tell how far the confidences can be trusted.

        `ECE` is the expected calibration error of the confidences as they are, `bins` what it is
        made of. The others go back to the confidences before the `confidence_temperature` of the
        model: their error, that after a temperature fitted on other images of these, and the
        temperature that all of these ask for.
        """
        held_back = calibration_on_held_back(self._raw_confidences, self._is_right)
        bins = confidence_bins(self._confidences, self._is_right)
        return {
            "ECE": expected_calibration_error(self._confidences, self._is_right),
            "confidence_temperature": self._temperature,
            "ECE_uncalibrated": held_back.ece_before,
            "ECE_held_back": held_back.ece_after,
            "fitted_temperature": held_back.temperature,
            "bins": [group._asdict() for group in bins],
        }


def badness(prediction: Prediction) -> tuple[float, float]:
    """Return a key that sorts by most edits per character, then by least confidence."""
    return -prediction.edits / max(len(prediction.label), 1), prediction.confidence


def _rows(groups: dict[int, ErrorCounts], name: str) -> list[dict[str, Any]]:
    return [
        {name: key, "CER": counts.cer, "characters": counts.characters, "edits": counts.edits}
        for key, counts in groups.items()
    ]
