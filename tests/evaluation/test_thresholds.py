import numpy as np
import pytest

from ctckit.errors import InputError
from ctckit.evaluation.thresholds import THRESHOLDS, threshold_for_error, threshold_table

CONFIDENCES = [0.5, 0.99, 0.9, 0.7, 0.9]
IS_RIGHT = [False, True, True, True, False]


def test_table():
    rows = threshold_table(CONFIDENCES, IS_RIGHT, (0, 0.9, 0.95, 1))
    assert [row[:5] for row in rows] == [
        (0, 5, 1.0, 2, 0.4),
        (0.9, 3, 0.6, 1, 1 / 3),  # a confidence of 0.9 is accepted from 0.9 on
        (0.95, 1, 0.2, 0, 0.0),
        (1, 0, 0.0, 0, 0.0),
    ]
    assert rows[-1].error_upper == 1  # of nothing nothing is known
    assert [row.threshold for row in threshold_table([], [])] == list(THRESHOLDS)


def test_few_texts_prove_no_small_error():
    """Without an error among n the 95 % interval reaches to z² / (n + z²), above the 3 / n."""
    for count in (10, 100, 3000):
        (row,) = threshold_table([0.99] * count, [True] * count, (0.5,))
        assert row.errors == 0
        assert row.error_upper == pytest.approx(1.959964**2 / (count + 1.959964**2))
        assert 3 / count < row.error_upper * (1 + 4 / count)
    assert row.error_upper > 0.001


FOUND = [
    (0.0, 0.99, 1, 0),
    (0.2, 0.99, 1, 0),
    (0.3, 0.7, 4, 1),  # past one of three at 0.9, as it is one of four at 0.7
    (0.4, 0.5, 5, 2),
    (1.0, 0.5, 5, 2),
]


@pytest.mark.parametrize(("target", "threshold", "accepted", "errors"), FOUND)
def test_threshold_for_error(target, threshold, accepted, errors):
    found = threshold_for_error(CONFIDENCES, IS_RIGHT, target)
    assert (found.threshold, found.accepted, found.errors) == (threshold, accepted, errors)


def test_equal_confidences_are_accepted_together():
    assert threshold_for_error([0.9, 0.9], [True, False], 0.1) is None
    assert threshold_for_error([0.9, 0.9], [True, False], 0.5).accepted == 2


@pytest.mark.parametrize("readings", [([], []), ([0.9], [False]), ([1.0, 0.2], [False, True])])
def test_impossible(readings):
    assert threshold_for_error(*readings) is None


def test_threshold_is_the_smallest_of_all():
    rng = np.random.default_rng(0)
    for _ in range(200):
        confidences = rng.integers(0, 12, 15) / 11
        is_right = rng.random(15) < 0.3 + 0.7 * confidences
        rows = threshold_table(confidences, is_right, np.unique(confidences))
        good = [row for row in rows if row.error_share <= 0.1]
        assert threshold_for_error(confidences, is_right, 0.1) == (good[0] if good else None)


def test_bad_input():
    with pytest.raises(InputError, match="^target: expected a share between 0 and 1, received 5; "):
        threshold_for_error([0.5], [True], 5)
    with pytest.raises(InputError, match="^confidences: .*received 99; "):
        threshold_table([99], [True])
