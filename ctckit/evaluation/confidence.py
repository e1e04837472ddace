"""How far can a confidence be trusted? Compare it with the share of texts that are right."""

from typing import NamedTuple

import numpy as np

from ctckit.errors import InputError
from ctckit.text.calibration import Flags, calibrated, fit_temperature, require_readings
from ctckit.text.error_rates import ErrorCounts


class ConfidenceBin(NamedTuple):
    """The texts with a confidence in low…high, and how many of them are right.

    `mean_confidence` and `right_share` are 0…1, and 0.0 where there is no text; `right_low` and
    `right_high` are the 95 % interval (Wilson) of the share.
    """

    low: float
    high: float
    texts: int
    mean_confidence: float
    right_share: float
    right_low: float
    right_high: float


class HeldBackCalibration(NamedTuple):
    """Expected calibration error before and after, each 0…1, and the temperature of all texts."""

    ece_before: float
    ece_after: float
    temperature: float


def confidence_bins(
    confidences: np.ndarray, is_right: Flags, bins: int = 10
) -> list[ConfidenceBin]:
    """Count the texts and the right ones in `bins` equal intervals of confidence.

    Args:
        confidences: (N,), 0…1.
        is_right: (N,), whether the text was read exactly.
        bins: intervals of the same width; each holds its lower bound, the last 1.0, too.

    Raises:
        InputError: the lengths differ, or a number is out of range.
    """
    confidences, is_right = require_readings(confidences, is_right)
    if bins < 1:
        raise InputError(
            f"expected 1 or more, received {bins!r}; 10 shows the shape of the curve",
            argument="bins",
        )
    places = np.minimum((confidences * bins).astype(int), bins - 1)
    return [
        _bin(index / bins, (index + 1) / bins, confidences[members], is_right[members])
        for index, members in enumerate(places == place for place in range(bins))
    ]


def expected_calibration_error(confidences: np.ndarray, is_right: Flags, bins: int = 10) -> float:
    """Return how far confidence and share of right texts lie apart on average, 0…1.

    The bins are those of `confidence_bins`, of equal width, each weighted by its texts. A good
    reader's texts are nearly all in the last one; then this is little more than the distance of
    the mean confidence from the share of right texts. 0.0 without texts.

    Raises:
        InputError: the lengths differ, or a number is out of range.

    >>> round(expected_calibration_error([0.9, 0.9, 0.2], [True, True, False]), 3)
    0.133
    """
    groups = confidence_bins(confidences, is_right, bins)
    gaps = [group.texts * abs(group.mean_confidence - group.right_share) for group in groups]
    return float(sum(gaps) / max(len(is_right), 1))


def calibration_on_held_back(
    confidences: np.ndarray, is_right: Flags, seed: int = 0
) -> HeldBackCalibration:
    """Measure what a temperature is worth on texts that it was not fitted on.

    The texts are cut into two random halves; each is calibrated by the temperature of the other,
    and the error is measured over both together. The temperature returned is that of all texts.

    Where hardly a text is wrong the error after may be the larger one: the temperature leaves room
    for errors that so few texts cannot rule out, and these texts do not have them.

    Args:
        confidences: (N,), 0…1, not calibrated before.
        is_right: (N,), whether the text was read exactly.
        seed: of the cut.

    Raises:
        InputError: the lengths differ, or a confidence is out of range.
    """
    confidences, is_right = require_readings(confidences, is_right)
    half = np.zeros(len(confidences), bool)
    half[np.random.default_rng(seed).permutation(len(half))[: len(half) // 2]] = True
    after = np.empty_like(confidences)
    for part in (half, ~half):
        temperature = fit_temperature(confidences[~part], is_right[~part])
        after[part] = calibrated(confidences[part], temperature)
    return HeldBackCalibration(
        expected_calibration_error(confidences, is_right),
        expected_calibration_error(after, is_right),
        fit_temperature(confidences, is_right),
    )


def _bin(low: float, high: float, confidences: np.ndarray, is_right: np.ndarray) -> ConfidenceBin:
    texts = len(confidences)
    if not texts:
        return ConfidenceBin(low, high, 0, 0.0, 0.0, 0.0, 1.0)
    wrong = ErrorCounts(wrong_texts=int((~is_right).sum()), texts=texts)
    lowest, highest = wrong.wer_interval
    mean = float(confidences.mean())
    return ConfidenceBin(low, high, texts, mean, 1 - wrong.wer, 1 - highest, 1 - lowest)
