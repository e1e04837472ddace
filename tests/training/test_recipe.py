import keras
import numpy as np
import pytest

from ctckit.training.recipe import make_optimizer, one_cycle


def test_one_cycle_rises_to_the_peak_and_falls_to_almost_nothing():
    rates = np.array([one_cycle(progress / 100, warm_up=0.25) for progress in range(101)])
    assert rates[0] == pytest.approx(0.04)
    assert rates.argmax() == 25 and rates.max() == pytest.approx(1.0)
    assert (np.diff(rates[:26]) > 0).all() and (np.diff(rates[25:]) < 0).all()
    assert rates[100] == pytest.approx(1e-4)


@pytest.mark.parametrize(("progress", "same_as"), [(-0.1, 0), (1.5, 1)])
def test_rate_stays_where_the_cycle_begins_and_ends(progress, same_as):
    assert one_cycle(progress) == one_cycle(same_as)


def test_optimizer_survives_serialisation():
    optimizer = make_optimizer(learning_rate=1e-3, weight_decay=0.1, clip_norm=5)
    copy = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert copy.global_clipnorm == 5 and float(copy.weight_decay) == pytest.approx(0.1)
    assert float(copy.learning_rate) == pytest.approx(1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("clip_norm", [0, 0.1])
def test_optimizer_does_what_keras_does(clip_norm):
    def train(make):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.layers.Dense(5, activation="tanh"), keras.layers.Dense(1)])
        model.compile(make(), loss="mse")
        rng = np.random.default_rng(0)
        for _ in range(20):
            x = rng.normal(size=(8, 3))
            model.train_on_batch(x, x[:, :1])
        return model.get_weights()

    ours = train(lambda: make_optimizer(learning_rate=0.01, weight_decay=0.1, clip_norm=clip_norm))
    theirs = train(
        lambda: keras.optimizers.AdamW(0.01, weight_decay=0.1, global_clipnorm=clip_norm or None)
    )
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
