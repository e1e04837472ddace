"""The loop gives callbacks what Keras' `fit` gives them."""

from collections.abc import Sequence

import keras
import numpy as np
import pytest

from ctckit.training.loop import run_loop
from ctckit.training.provider import DataProvider

EPOCHS, STEPS = 3, 3  # a step of 5, 5 and 2 samples
HOOKS = [name for name in dir(keras.callbacks.Callback) if name.startswith(("on_train", "on_test"))]
HOOKS += ["on_epoch_begin", "on_epoch_end"]


class Small(keras.Model):
    """Count how often Python runs the steps: for a graph, how often it is traced."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = keras.layers.Dense(1)
        self.train_calls = self.test_calls = 0

    def call(self, x):
        return self.dense(x)

    def train_step(self, data):
        self.train_calls += 1
        return super().train_step(data)

    def test_step(self, data):
        self.test_calls += 1
        return super().test_step(data)


class Stop(keras.callbacks.Callback):
    """Stop in the second epoch, at a step or, without one, at its end."""

    def __init__(self, step: int | None) -> None:
        super().__init__()
        self.step = step

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) == (1, self.step):
            self.model.stop_training = True

    def on_epoch_end(self, epoch, logs=None):
        if epoch == 1 and self.step is None:
            self.model.stop_training = True


class Note(keras.callbacks.Callback):
    """Note every call: the hook, its number, the names in the logs and their values."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple] = []
        self.values: list[float] = []
        for hook in HOOKS:
            setattr(self, hook, self._noting(hook))

    def _noting(self, hook):
        def note(*arguments, logs=None):
            numbers = [argument for argument in arguments if isinstance(argument, int)]
            logs = next((a for a in arguments if isinstance(a, dict)), logs) or {}
            self.calls.append((hook, *numbers, *sorted(logs)))
            self.values += [float(logs[name]) for name in sorted(logs)]

        return note


def number(image: str, label: str) -> tuple[np.ndarray, np.ndarray]:
    return np.float32([float(image)]), np.float32([2 * int(label)])


def provider(count: int = 12, **options) -> DataProvider:
    samples = [(str(index), str(index)) for index in range(count)]
    return DataProvider(samples, [number], batch_size=5, **options)


def compiled(**options) -> Small:
    keras.utils.set_random_seed(0)
    model = Small()
    model.compile(keras.optimizers.SGD(1e-3), "mse", metrics=["mae"], jit_compile=False, **options)
    model(np.zeros((1, 1), np.float32))
    return model


def by_keras(model: Small, validation: DataProvider | None, callbacks: Sequence) -> None:
    model.fit(provider(), validation_data=validation, epochs=EPOCHS, callbacks=callbacks, verbose=0)


def by_loop(model: Small, validation: DataProvider | None, callbacks: Sequence) -> None:
    train = provider()
    run_loop(
        model, lambda epoch: train, steps=len(train), epochs=EPOCHS,
        measured={"val": validation} if validation else {}, callbacks=callbacks,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("validate", "eager", "stop", "epochs", "steps"),
    [
        pytest.param(False, False, [], 3, 9, id="not validated"),
        pytest.param(True, False, [], 3, 9, id="validated"),
        pytest.param(True, True, [], 3, 9, id="eagerly"),
        pytest.param(True, False, [Stop(step=0)], 2, 4, id="stopped at a step"),
        pytest.param(False, True, [Stop(step=2)], 2, 6, id="stopped at the last step"),
        pytest.param(True, True, [Stop(step=None)], 2, 6, id="stopped at the end of an epoch"),
    ],
)
def test_callbacks_are_called_as_by_keras(validate, eager, stop, epochs, steps):
    notes, models = [], []
    for train in (by_keras, by_loop):
        model, note = compiled(run_eagerly=eager), Note()
        train(model, provider(7, shuffle=False) if validate else None, [*stop, note])
        notes.append(note)
        models.append(model)
    theirs, ours = notes
    assert ours.calls == theirs.calls
    assert ours.params == theirs.params
    np.testing.assert_allclose(ours.values, theirs.values, rtol=1e-4)
    np.testing.assert_allclose(*(model.get_weights()[0] for model in models), rtol=1e-5)
    assert models[1].history.history.keys() == models[0].history.history.keys()
    assert models[1].stop_training == models[0].stop_training == bool(stop)
    hooks = [call[0] for call in ours.calls]
    assert (hooks.count("on_epoch_end"), hooks.count("on_train_batch_end")) == (epochs, steps)


@pytest.mark.parametrize(
    ("eager", "calls"), [(False, (1, 1)), (True, (EPOCHS * STEPS, EPOCHS * 2))]
)
def test_a_graph_is_made_once_for_batches_of_any_size_and_none_eagerly(eager, calls):
    model = compiled(run_eagerly=eager)
    by_loop(model, provider(7), [])  # makes the variables of optimizer and metrics
    model.train_calls = model.test_calls = 0
    by_loop(model, provider(7), [])
    assert (model.train_calls, model.test_calls) == calls


def test_logs_are_plain_numbers():
    received = []
    keep = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: received.append(logs))
    by_loop(compiled(), provider(7), [keep])
    assert list(received[0]) == ["loss", "mae", "val_loss", "val_mae"]
    assert all(type(value) is float for logs in received for value in logs.values())


def test_figures_of_a_metric_that_gives_several_are_flat():
    class Two(keras.metrics.Mean):
        def update_state(self, y_true, y_pred, sample_weight=None):
            return super().update_state(keras.ops.abs(y_true - y_pred))

        def result(self):
            return {"mean": super().result(), "twice": 2 * super().result()}

    keras.utils.set_random_seed(0)
    model = Small()
    model.compile("sgd", "mse", metrics=[Two()], jit_compile=False)
    received = []
    keep = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: received.append(logs))
    by_loop(model, provider(7), [keep])
    assert {"mean", "twice", "val_mean", "val_twice"} < received[0].keys()
    assert received[0]["twice"] == pytest.approx(2 * received[0]["mean"])


def test_a_callback_that_fails_ends_the_workers():
    started = []

    def counting(image, label):
        started.append(image)
        return number(image, label)

    class Fail(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise RuntimeError("a fault of a callback")

    data = DataProvider([("1", "1")] * 1000, [counting], batch_size=1, max_queue_size=2)
    with pytest.raises(RuntimeError, match="a fault of a callback"):
        run_loop(compiled(), lambda epoch: data, steps=len(data), epochs=1, callbacks=[Fail()])
    assert len(started) < 10
