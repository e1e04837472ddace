"""Which samples reach `train_step`, and when, is what seed, epoch and step say."""

from collections.abc import Callable

import keras
import numpy as np
import pytest
import tensorflow as tf

from ctckit.feed.order import epoch_order
from ctckit.training.loop import run_loop
from ctckit.training.provider import DataProvider
from tests.training.steps import number

NUM_SAMPLES, BATCH_SIZE, EPOCHS, SEED = 12, 2, 3, 5
SAMPLES = [(str(index), str(index)) for index in range(NUM_SAMPLES)]


class Noting(keras.Model):
    """Note the labels of every batch that is trained on."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = keras.layers.Dense(1)
        self.seen: list[list[int]] = []

    def call(self, x):
        return self.dense(x)

    def train_step(self, data):
        tf.py_function(lambda ids: self.seen.append(ids.numpy().ravel().tolist()), [data[1]], [])
        return super().train_step(data)


def provider(workers: int = 1, samples=SAMPLES, **options) -> DataProvider:
    options = {"batch_size": BATCH_SIZE, "seed": SEED} | options
    return DataProvider(samples, [number], workers=workers, **options)


def compiled() -> Noting:
    model = Noting()
    model.compile("sgd", "mse", jit_compile=False)
    return model


def expected(epochs: range, first_step: int = 0) -> list[list[int]]:
    orders = [epoch_order(NUM_SAMPLES, SEED, epoch).reshape(-1, BATCH_SIZE) for epoch in epochs]
    return [ids.tolist() for order in orders for ids in order][first_step:]


def fit(model: keras.Model, data: DataProvider) -> None:
    model.fit(data, epochs=EPOCHS, verbose=0)


def loop(model: keras.Model, data: DataProvider) -> None:
    run_loop(model, lambda epoch: data, steps=len(data), epochs=EPOCHS)


WORKERS = [(0, False), (1, False), (2, False), (4, False), (2, True)]


@pytest.mark.parametrize(("workers", "processes"), WORKERS)
@pytest.mark.parametrize("built", [True, False], ids=["built", "unbuilt"])
@pytest.mark.parametrize("train", [pytest.param(fit, marks=pytest.mark.slow), loop])
def test_order_is_that_of_seed_epoch_and_step(
    train: Callable, workers: int, processes: bool, built: bool
):
    model = compiled()
    if built:  # Keras looks at the data before it trains a network that is not
        model(np.zeros((1, 1), np.float32))
    train(model, provider(workers, use_multiprocessing=processes))
    assert model.seen == expected(range(EPOCHS))


def test_validation_leaves_the_order_alone():
    model = compiled()
    validation = provider(2, SAMPLES[:5], shuffle=False)
    model.fit(provider(2), validation_data=validation, epochs=EPOCHS, verbose=0)
    assert model.seen == expected(range(EPOCHS))


def test_fitting_again_goes_on_with_the_next_epoch():
    model, data = compiled(), provider(2)
    for _ in range(EPOCHS):
        model.fit(data, epochs=1, verbose=0)
    assert model.seen == expected(range(EPOCHS))


@pytest.mark.parametrize(("workers", "processes"), WORKERS)
def test_the_loop_starts_at_any_epoch_and_step(workers: int, processes: bool):
    model, data = compiled(), provider(workers, use_multiprocessing=processes)
    run_loop(model, lambda epoch: data, steps=len(data), epochs=EPOCHS, first_epoch=2, first_step=3)
    assert model.seen == expected(range(2, 3), first_step=3)


def test_the_loop_takes_the_provider_of_each_epoch():
    model, others = compiled(), [provider(2, seed=seed) for seed in (5, 6)]
    run_loop(model, lambda epoch: others[epoch % 2], steps=6, epochs=2)
    orders = [epoch_order(NUM_SAMPLES, seed, epoch) for seed, epoch in ((5, 0), (6, 1))]
    assert model.seen == np.concatenate(orders).reshape(-1, BATCH_SIZE).tolist()


@pytest.mark.parametrize("workers", [0, 2])
def test_an_epoch_can_be_entered_at_any_step(workers: int):
    seen = [labels.ravel().tolist() for _, labels in provider(workers).batches(2, first_step=3)]
    assert seen == expected(range(2, 3), first_step=3)
