"""The figures of an evaluation, ready for JSON, from plain values."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ctckit.evaluation.confidence import (
    calibration_on_held_back,
    confidence_bins,
    expected_calibration_error,
)
from ctckit.evaluation.errors import (
    Pair,
    count_confusions,
    errors_by_length,
    errors_by_position,
    main_mix_up,
)
from ctckit.evaluation.thresholds import threshold_for_error, threshold_table
from ctckit.evaluation.words import count_word_errors
from ctckit.text.error_rates import ErrorCounts

TARGET_ERROR = 0.001  # share of the accepted texts that may be wrong


def rate_figures(errors: ErrorCounts, pairs: Sequence[Pair]) -> dict[str, Any]:
    """Return the error rates and the sums that they are made of.

    Args:
        errors: those of the texts.
        pairs: (label, text read), as they are compared.
    """
    words = count_word_errors(pairs)
    return {
        "CER": errors.cer,
        "WER": errors.wer,
        "WER_interval": list(errors.wer_interval),
        "texts_misread_share": errors.wer,
        "word_error_rate": words.rate,
        "images": errors.texts,
        "misread": errors.wrong_texts,
        "characters": errors.characters,
        "edits": errors.edits,
        "words": words.words,
        "word_edits": words.edits,
    }


def error_figures(pairs: Sequence[Pair]) -> dict[str, Any]:
    """Return where the errors are: in which labels, at which position, of which characters."""
    confusions = count_confusions(pairs)
    mix_up = main_mix_up(confusions)
    return {
        "CER_by_length": _rows(errors_by_length(pairs), "length"),
        "CER_by_position": _rows(errors_by_position(pairs), "position"),
        "confusions": [c._asdict() for c in confusions if c.is_replacement],
        "deletions": [c._asdict() for c in confusions if not c.read],
        "insertions": [c._asdict() for c in confusions if not c.label],
        "main_mix_up": mix_up and mix_up._asdict(),
    }


def confidence_figures(
    confidences: np.ndarray, raw: np.ndarray, is_right: np.ndarray, temperature: float
) -> dict[str, Any]:
    """Return how far the confidences can be trusted, and what a threshold does.

    In `calibration`, `ECE` is the expected calibration error of the confidences as they are,
    `bins` what it is made of. The others go back to the confidences before the temperature of the
    model: their error, that after a temperature fitted on other images of these, and the
    temperature that all of these ask for.

    Args:
        confidences: (N,), 0…1.
        raw: (N,), the same before the temperature of the model.
        is_right: (N,), whether the text was read exactly.
        temperature: of the model.
    """
    held_back = calibration_on_held_back(raw, is_right)
    accepted = threshold_for_error(confidences, is_right, TARGET_ERROR)
    return {
        "calibration": {
            "ECE": expected_calibration_error(confidences, is_right),
            "confidence_temperature": temperature,
            "ECE_uncalibrated": held_back.ece_before,
            "ECE_held_back": held_back.ece_after,
            "fitted_temperature": held_back.temperature,
            "bins": [group._asdict() for group in confidence_bins(confidences, is_right)],
        },
        "thresholds": [row._asdict() for row in threshold_table(confidences, is_right)],
        "threshold_for_error": accepted and {"target": TARGET_ERROR, **accepted._asdict()},
    }


def _rows(groups: dict[int, ErrorCounts], name: str) -> list[dict[str, Any]]:
    return [
        {name: key, "CER": counts.cer, "characters": counts.characters, "edits": counts.edits}
        for key, counts in groups.items()
    ]
