import math

import keras
import numpy as np
import pytest

from ctckit.training.recipe import Course, make_optimizer


def test_the_rate_rises_holds_and_falls_to_almost_nothing():
    course = Course.of_length(100)
    rates = np.array([course.rate(position) for position in range(101)])
    assert rates[0] == pytest.approx(0.04)
    assert (np.diff(rates[:16]) > 0).all() and (np.diff(rates[60:]) < 0).all()
    assert (rates[15:61] == 1).all() and rates[100] == pytest.approx(1e-4)


def test_the_rate_stays_low_behind_the_end():
    course = Course.of_length(100)
    assert course.rate(150) == course.rate(100)


def test_a_course_without_end_holds_until_it_is_told():
    course = Course.of_open_end(100, 300)
    assert course.is_open and course.rate(15) == course.rate(299) == 1
    course.cool_down(90, multiple=20)
    assert not course.is_open and course.end == 160, "150, up to a multiple"
    assert course.rate(90) == 1 and course.rate(125) < 0.6 and course.rate(160) < 1e-3


@pytest.mark.parametrize("most", [2, 7, 24, 69])
def test_no_course_is_longer_than_the_longest(most):
    course = Course.of_open_end(1, most)
    course.cool_down(math.ceil(0.6 * most), multiple=1)
    assert course.end == most


@pytest.mark.parametrize(
    ("length", "pass_length", "first_clean", "reason"),
    [
        (100, 10, 60, "the fall is four passes"),
        (200, 10, 160, "four passes, not the whole fall"),
        (20, 10, 20, "nothing of a run of two passes"),
    ],
)
def test_the_last_passes_show_the_images_as_they_are(length, pass_length, first_clean, reason):
    course = Course.of_length(length)
    starts = range(0, length, pass_length)
    clean = [start for start in starts if course.is_clean(start, pass_length)]
    assert clean == [start for start in starts if start >= first_clean], reason


def test_nothing_is_clean_before_the_rate_falls():
    assert not Course.of_open_end(100, 120).is_clean(110, 10)


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
