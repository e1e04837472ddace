from math import log

import numpy as np
import pytest

from ctckit.errors import InputError
from ctckit.evaluation.confidence import (
    calibration_on_held_back,
    confidence_bins,
    expected_calibration_error,
)
from ctckit.text.calibration import MAX_TEMPERATURE, MIN_TEMPERATURE, calibrated, fit_temperature


def logit(p):
    return np.log(p) - np.log1p(-p)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def reader(temperature, count=20_000, seed=0):
    """Draw confidences that a temperature makes true, and whether the texts are right."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(2, 2, count)  # log-odds
    return sigmoid(truth * temperature), rng.random(count) < sigmoid(truth)


@pytest.mark.parametrize("temperature", [0.3, 2, 10])
def test_calibrated_divides_the_log_odds(temperature):
    p = np.linspace(0.01, 0.99, 50).reshape(5, 10)
    np.testing.assert_allclose(calibrated(p, temperature), sigmoid(logit(p) / temperature))
    np.testing.assert_allclose(calibrated(calibrated(p, temperature), 1 / temperature), p)


def test_temperature_1_changes_nothing():
    p = np.random.default_rng(0).random(1000).astype(np.float32)
    p[:3] = 0, 1e-30, np.nextafter(np.float32(1), np.float32(0))
    np.testing.assert_array_equal(calibrated(p, 1), p)
    assert calibrated(1.0, 1) == pytest.approx(1, abs=1e-7)


def test_the_order_stays():
    p = np.sort(np.random.default_rng(0).beta(5, 0.2, 500))
    for temperature in (0.2, 3.0):
        assert (np.diff(calibrated(p, temperature)) >= 0).all()


def test_certainty_is_no_exception():
    """A confidence rounded up to 1 is treated as its neighbours are."""
    below = float(np.nextafter(np.float32(1), np.float32(0)))
    assert calibrated(1.0, 4) == calibrated(below, 4) < 0.99
    assert calibrated(0.0, 4) == 0


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_fit_finds_the_temperature(temperature):
    assert fit_temperature(*reader(temperature)) == pytest.approx(temperature, rel=0.05)


def test_fit_is_the_most_likely():
    p, is_right = reader(2.5, count=80, seed=3)
    right, wrong = is_right.sum(), (~is_right).sum()
    targets = np.where(is_right, (right + 1) / (right + 2), 1 / (wrong + 2))

    def loss(temperature):
        scaled = logit(p) / temperature
        return np.sum(np.logaddexp(0, scaled) - targets * scaled)

    best = loss(fit_temperature(p, is_right))
    assert all(best <= loss(t) for t in np.geomspace(0.1, 10, 1000))


def test_without_errors_the_number_of_texts_bounds_the_confidence():
    for count in (10, 100, 1000):
        temperature = fit_temperature(np.full(count, 0.99999), np.ones(count, bool))
        assert calibrated(0.99999, temperature) == pytest.approx((count + 1) / (count + 2))


FITS = [
    ([], [], 1.0),  # nothing is known
    ([0.5, 0.5], [True, False], 1.0),  # nothing can be changed
    ([0.9], [True], log(9) / log(2)),  # 0.9 becomes 2/3
    ([0.99] * 5, [False] * 5, MAX_TEMPERATURE),  # never sure and right
    ([0.51] * 500, [True] * 500, MIN_TEMPERATURE),  # never sure and wrong
    ([1.0, 0.0], [False, True], MAX_TEMPERATURE),  # as wrong as can be
    ([0.0], [False], MAX_TEMPERATURE),  # log-odds of -87
]


@pytest.mark.parametrize(("confidences", "is_right", "expected"), FITS)
def test_fit_is_always_finite(confidences, is_right, expected):
    assert fit_temperature(confidences, is_right) == pytest.approx(expected, rel=1e-6)


def test_bins():
    groups = confidence_bins([0.0, 0.1, 0.19, 1.0, 0.95], [False, True, False, True, True])
    assert [group.texts for group in groups] == [1, 2, *[0] * 7, 2]
    assert groups[1][:2] == (0.1, 0.2)
    assert groups[1].mean_confidence == pytest.approx(0.145)
    assert [group.right_share for group in groups] == [0, 0.5, *[0] * 7, 1]
    assert groups[9].right_low == pytest.approx(1 / (1 + 1.959964**2 / 2))  # Wilson, 2 of 2
    assert groups[9].right_high == 1
    assert groups[5][2:] == (0, 0, 0, 0, 1)


ECE = [
    ([], [], 10, 0),
    ([1.0, 0.0], [True, False], 10, 0),
    ([1.0, 1.0, 0.0], [True, False, False], 10, 1 / 3),
    ([0.91, 0.99], [True, True], 10, 0.05),
    ([0.8, 0.6], [True, False], 1, 0.2),  # one bin: mean confidence and share of right texts
    ([0.8, 0.6], [True, False], 2, 0.2),
    ([0.8, 0.6], [True, False], 4, 0.4),
]


@pytest.mark.parametrize(("confidences", "is_right", "bins", "expected"), ECE)
def test_expected_calibration_error(confidences, is_right, bins, expected):
    found = expected_calibration_error(confidences, is_right, bins)
    assert found == pytest.approx(expected)
    assert expected_calibration_error(confidences[::-1], is_right[::-1], bins) == found


def test_held_back_measures_each_half_with_the_other():
    """Two texts of confidence 0.9, one right: each is judged by what the other alone suggests."""
    before, after, temperature = calibration_on_held_back([0.9, 0.9], [True, False])
    of_the_right_one = sigmoid(log(9) / MAX_TEMPERATURE)  # the other is wrong
    of_the_wrong_one = 2 / 3  # the other is right
    assert before == pytest.approx(0.4)
    assert after == pytest.approx((1 - of_the_right_one + of_the_wrong_one) / 2)
    assert temperature == fit_temperature([0.9, 0.9], [True, False])


def test_held_back_calibration_helps_where_the_reader_is_too_sure():
    before, after, temperature = calibration_on_held_back(*reader(3, count=4000))
    assert after < before / 2
    assert temperature == pytest.approx(3, rel=0.1)


def test_held_back_depends_on_nothing_but_the_seed():
    readings = reader(2, count=50)
    assert calibration_on_held_back(*readings) == calibration_on_held_back(*readings, seed=0)
    different = {calibration_on_held_back(*readings, seed=seed).ece_after for seed in range(5)}
    assert len(different) > 1


@pytest.mark.parametrize(("confidences", "is_right", "after"), [([], [], 0), ([0.9], [True], 0.1)])
def test_held_back_of_too_few(confidences, is_right, after):
    found = calibration_on_held_back(confidences, is_right)
    assert found.ece_after == pytest.approx(after)  # no other half to learn from: as it was
    assert np.isfinite(found).all()


BAD_CALLS = [
    (lambda: calibrated(0.5, 0), "^temperature: expected 0.01 to 100, received 0; "),
    (lambda: calibrated(0.5, float("nan")), "^temperature: expected 0.01 to 100, received nan; "),
    (
        lambda: calibrated([0.5, 1.5], 2),
        "^confidences: expected numbers between 0 and 1, received 1.5; ",
    ),
    (lambda: fit_temperature([0.5, float("nan")], [True, True]), "between 0 and 1, received nan"),
    (lambda: fit_temperature([0.5], [True, True]), r"shapes \(1,\) and \(2,\)"),
    (lambda: expected_calibration_error([[0.5]], [[True]]), r"shapes \(1, 1\)"),
    (lambda: confidence_bins([0.5], [True], bins=0), "^bins: expected 1 or more, received 0; "),
    (lambda: calibration_on_held_back([-0.1], [True]), "received -0.1"),
]


@pytest.mark.parametrize(("call", "message"), BAD_CALLS)
def test_bad_input(call, message):
    with pytest.raises(InputError, match=message):
        call()
