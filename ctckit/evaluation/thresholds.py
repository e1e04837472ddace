"""Choose the confidence from which on a text is accepted, and know what that costs.

Source: Geifman and El-Yaniv 2017, "Selective classification for deep neural networks",
https://arxiv.org/abs/1705.08500: the share accepted and the error among the accepted.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ctckit.errors import InputError
from ctckit.text.calibration import Flags, require_readings
from ctckit.text.error_rates import ErrorCounts

THRESHOLDS = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)


class Acceptance(NamedTuple):
    """What happens if texts are accepted from a confidence on.

    Attributes:
        threshold: the least confidence that is accepted, 0…1.
        accepted: number of texts.
        accepted_share: of all texts, 0…1.
        errors: accepted texts that are wrong.
        error_share: of the accepted, 0…1; 0.0 without any.
        error_upper: upper end of the 95 % interval (Wilson) of `error_share`. With 0 errors in n
            accepted texts it is still about 4/n (the one-sided bound is 3/n): few images cannot
            prove a small error.
    """

    threshold: float
    accepted: int
    accepted_share: float
    errors: int
    error_share: float
    error_upper: float


def threshold_table(
    confidences: np.ndarray, is_right: Flags, thresholds: Sequence[float] = THRESHOLDS
) -> list[Acceptance]:
    """Tell for each threshold how many texts it accepts and how many of these are wrong.

    Raises:
        InputError: the lengths differ, or a confidence is out of range.
    """
    confidences, is_right = require_readings(confidences, is_right)
    return [_acceptance(threshold, confidences, is_right) for threshold in thresholds]


def threshold_for_error(
    confidences: np.ndarray, is_right: Flags, target: float = 0.001
) -> Acceptance | None:
    """Find the smallest threshold at which no more than `target` of the accepted are wrong.

    It is chosen on the very texts it is told for, so expect a little more on others; and look at
    `error_upper`: a target of 0.001 cannot be proven by fewer than some 4,000 accepted texts.

    Args:
        confidences: (N,), 0…1.
        is_right: (N,), whether the text was read exactly.
        target: share of errors among the accepted, 0…1.

    Returns:
        The threshold, the confidence of a text, and what it does; None where no threshold that
        accepts anything is good enough.

    Raises:
        InputError: the lengths differ, or a number is out of range.
    """
    confidences, is_right = require_readings(confidences, is_right)
    if not 0 <= target <= 1:
        raise InputError(
            f"expected a share between 0 and 1, received {target!r}; give 0.001 for 0.1 %",
            argument="target",
        )
    order = np.argsort(-confidences, kind="stable")
    falling = confidences[order]
    shares = np.cumsum(~is_right[order]) / np.arange(1, len(order) + 1)
    is_last = np.append(falling[1:] != falling[:-1], True)[: len(falling)]  # equal ones go together
    candidates = falling[is_last & (shares <= target)]
    if not len(candidates):
        return None
    return _acceptance(float(candidates[-1]), confidences, is_right)


def _acceptance(threshold: float, confidences: np.ndarray, is_right: np.ndarray) -> Acceptance:
    accepted = is_right[confidences >= threshold]
    wrong = ErrorCounts(wrong_texts=int((~accepted).sum()), texts=len(accepted))
    return Acceptance(
        threshold=float(threshold),
        accepted=wrong.texts,
        accepted_share=wrong.texts / max(len(is_right), 1),
        errors=wrong.wrong_texts,
        error_share=wrong.wer,
        error_upper=wrong.wer_interval[1],
    )
