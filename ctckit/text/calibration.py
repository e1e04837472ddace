"""Bring a confidence nearer to the share of texts that are right.

A confidence is calibrated when of all texts read with confidence 0.9 nine in ten are right. That
of a network rarely is: it is trained until it is sure, and the probability of one best path is
not that of the text.

It is corrected by temperature, one number T: the log-odds of the confidence are divided by it.
T > 1 makes a reader that is too sure less so. More flexible corrections, as isotonic regression,
can follow the shape of the curve, but they follow the chance of a hundred images, too. One
parameter has little to overfit with, and it keeps the order: what was surer stays surer, so the
same share of images can be accepted at the same error.

Source: Guo et al. 2017, "On calibration of modern neural networks",
https://arxiv.org/abs/1706.04599; Platt 1999, "Probabilistic outputs for support vector machines".
"""

from collections.abc import Sequence
from math import exp, log

import numpy as np

from ctckit.errors import InputError

Flags = Sequence[bool] | np.ndarray  # (N,), whether each text was read exactly

MIN_TEMPERATURE, MAX_TEMPERATURE = 0.1, 10.0

# Confidences are products of float32; 1.0 is one that was rounded up. It counts as the number
# before it, so that its log-odds are finite.
_LARGEST = float(np.nextafter(np.float32(1), np.float32(0)))
_SMALLEST = float(np.finfo(np.float32).tiny)


def calibrated(confidences: np.ndarray | float, temperature: float) -> np.ndarray:
    """Divide the log-odds of the confidences by the temperature: sigmoid(logit(p) / T).

    Args:
        confidences: 0…1, any shape.
        temperature: 0.01…100; 1 changes nothing, and 1/T undoes T.

    Returns:
        float64 of the same shape, 0…1, in the same order; equal ones stay equal.

    Raises:
        InputError: a number is out of range.

    >>> calibrated([0.5, 0.9, 0.99], 2).round(3)
    array([0.5  , 0.75 , 0.909])
    """
    if not 0.01 <= temperature <= 100:
        raise InputError(
            f"expected 0.01 to 100, received {temperature!r}; "
            "use the one that fit_temperature found",
            argument="temperature",
        )
    p = np.minimum(_require_confidences(confidences), _LARGEST)
    right, wrong = p ** (1 / temperature), (1 - p) ** (1 / temperature)
    shares: np.ndarray = right / (right + wrong)
    return shares


def fit_temperature(confidences: np.ndarray, is_right: Flags) -> float:
    """Find the temperature under which it is most likely that just these texts are right.

    The targets are not 1 and 0 but, as Platt has it, (right + 1) / (right + 2) and
    1 / (wrong + 2): what Laplace's rule of succession says of so many texts. So a hundred texts
    without an error ask for a confidence of 0.99, not of 1, and T stays finite.

    The likelihood has one peak in 1/T; it is found by bisection between `MIN_TEMPERATURE` and
    `MAX_TEMPERATURE`.

    Args:
        confidences: (N,), 0…1, not calibrated before.
        is_right: (N,), whether the text was read exactly.

    Returns:
        T; 1.0 where nothing can be told, without texts or with all confidences 0.5.

    Raises:
        InputError: the lengths differ, or a confidence is out of range.
    """
    p, is_right = require_readings(confidences, is_right)
    p = np.clip(p, _SMALLEST, _LARGEST)
    log_odds = np.log(p) - np.log1p(-p)
    if not log_odds.any():
        return 1.0
    right, wrong = is_right.sum(), (~is_right).sum()
    targets = np.where(is_right, (right + 1) / (right + 2), 1 / (wrong + 2))
    low, high = log(MIN_TEMPERATURE), log(MAX_TEMPERATURE)
    for _ in range(50):
        middle = (low + high) / 2
        is_too_sure = log_odds @ (calibrated(p, exp(middle)) - targets) > 0
        low, high = (middle, high) if is_too_sure else (low, middle)
    return exp((low + high) / 2)


def _require_confidences(confidences: np.ndarray | float) -> np.ndarray:
    """Return them as float64."""
    values = np.asarray(confidences, np.float64)
    if not np.all((values >= 0) & (values <= 1)):
        strange = values[~((values >= 0) & (values <= 1))]
        raise InputError(
            f"expected numbers between 0 and 1, received {strange.flat[0]:g}; "
            "give probabilities, not logits or percent",
            argument="confidences",
        )
    return values


def require_readings(confidences: np.ndarray, is_right: Flags) -> tuple[np.ndarray, np.ndarray]:
    """Return them as float64 (N,) and bool (N,)."""
    values, flags = _require_confidences(confidences), np.asarray(is_right, bool)
    if values.ndim != 1 or values.shape != flags.shape:
        raise InputError(
            f"calibration: expected as many confidences as flags, received shapes "
            f"{values.shape} and {flags.shape}; give both in the same order, one for one"
        )
    return values, flags
