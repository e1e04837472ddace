"""The loop of a training: every step by its epoch and number, from any of them on.

Keras' own `fit` can neither start within an epoch nor be told which batch comes when.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import keras

from ctckit.errors import InputError
from ctckit.training.devices import CompiledStep, Devices
from ctckit.training.provider import DataProvider

Logs = dict[str, float]


def run_loop(
    model: keras.Model,
    provider_of: Callable[[int], DataProvider],
    *,
    steps: int,
    epochs: int,
    first_epoch: int = 0,
    first_step: int = 0,
    measured: Mapping[str, DataProvider] | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    devices: Devices | None = None,
) -> None:
    """Feed `train_step`, and call the callbacks as `fit` does.

    Args:
        model: compiled; its `train_step` and `test_step` take a batch (images, labels).
        provider_of: returns the data of an epoch, counted from 0, when the epoch begins.
        steps: batches in an epoch.
        epochs: the number of the epoch before which the loop ends; a callback may set the model's
            `stop_training` earlier.
        first_epoch: where to begin.
        first_step: where to begin in it.
        measured: data to measure after each epoch; the logs have the names before the figures, as
            in `val_loss`.
        callbacks: what else happens around steps and epochs.
        devices: where the model was built, and is trained; None: on one.

    Raises:
        InputError: the loss is no number any more.
    """
    listeners = keras.callbacks.CallbackList(
        list(callbacks), add_history=True, model=model, epochs=epochs, steps=steps, verbose=0
    )
    devices = devices or Devices()
    with devices.watched():
        train_step, test_step = devices.train_step(model), devices.test_step(model)
        model.stop_training = False
        listeners.on_train_begin()
        logs: Logs = {}
        for epoch in range(first_epoch, epochs):
            model.reset_metrics()
            listeners.on_epoch_begin(epoch)
            provider = provider_of(epoch)
            batches = devices.batches(provider, epoch, first_step)
            for step, batch in enumerate(batches, start=first_step):
                listeners.on_train_batch_begin(step)
                logs = train_step(batch, provider)
                _require_number(logs["loss"], provider, epoch, step)
                listeners.on_train_batch_end(step, logs)
                if model.stop_training:
                    break
            batches.close()
            first_step = 0
            logs = _results(model)
            for name, measured_provider in (measured or {}).items():
                figures = _measure(model, test_step, measured_provider, devices, listeners)
                logs |= {f"{name}_{figure}": value for figure, value in figures.items()}
            listeners.on_epoch_end(epoch, logs)
            if model.stop_training:
                break
        model.optimizer.finalize_variable_values(model.trainable_weights)
        listeners.on_train_end(logs)


def _require_number(loss: Any, provider: DataProvider, epoch: int, step: int) -> None:
    """Refuse a loss that is infinite or not a number: no step behind it can be of use."""
    if math.isfinite(loss):
        return
    images = [provider.samples[place].image for place in provider.plan(epoch, step).positions]
    raise InputError(
        f"expected a loss that is a number, received {float(loss)} in epoch {epoch + 1}, step "
        f"{step + 1}, of {', '.join(images)}. Likely causes: a learning rate that is too high, "
        "steps of your own that give odd values, or 16 bits (mixed_precision); lower the rate, to "
        "go on too"
    )


def _measure(
    model: keras.Model,
    test_step: CompiledStep,
    provider: DataProvider,
    devices: Devices,
    listeners: keras.callbacks.CallbackList,
) -> Logs:
    listeners.on_test_begin()
    model.reset_metrics()
    for step, batch in enumerate(devices.batches(provider, epoch=0)):
        listeners.on_test_batch_begin(step)
        listeners.on_test_batch_end(step, test_step(batch, provider))
    logs = _results(model)
    listeners.on_test_end(logs)
    return logs


def _results(model: keras.Model) -> Logs:
    return dict(_flat(model.get_metrics_result()))


def _flat(results: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Yield the numbers, also of a metric that gives several."""
    for name, value in results.items():
        if isinstance(value, Mapping):
            yield from _flat(value)
        else:
            yield name, float(value)
