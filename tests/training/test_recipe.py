import keras
import numpy as np
import pytest

from ctckit.training import OneCycle, make_optimizer


def test_one_cycle_rises_to_the_peak_and_falls_to_almost_nothing():
    schedule = OneCycle(peak=1.0, num_steps=100, warm_up=0.25)
    rates = np.array([float(schedule(step)) for step in range(101)])
    assert rates[0] == pytest.approx(0.04)
    assert rates.argmax() == 25 and rates.max() == pytest.approx(1.0)
    assert (np.diff(rates[:26]) > 0).all() and (np.diff(rates[26:]) < 0).all()
    assert rates[100] == pytest.approx(1e-4, abs=1e-5)


def test_rate_stays_low_after_the_cycle():
    assert float(OneCycle(peak=1.0, num_steps=10)(50)) == pytest.approx(1e-4)


def test_optimizer_survives_serialisation():
    optimizer = make_optimizer(learning_rate=1e-3, num_steps=10, weight_decay=0.1, clip_norm=5)
    copy = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert copy.global_clipnorm == 5 and float(copy.weight_decay) == pytest.approx(0.1)
    assert float(copy.learning_rate) == pytest.approx(4e-5)
