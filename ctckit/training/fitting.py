"""A run of the recipe, from its first step to its last."""

from collections.abc import Callable, Sequence

import keras

from ctckit.training.callbacks.one_cycle import OneCycle
from ctckit.training.callbacks.progress import ProgressBar
from ctckit.training.configs import TrainConfigs
from ctckit.training.loop import run_loop
from ctckit.training.provider import DataProvider
from ctckit.training.recipe import is_clean

ENDLESS = 1_000_000  # epochs


def fit(
    model: keras.Model,
    provider: DataProvider,
    cycle: OneCycle,
    *,
    epochs: int | None = None,
    val_provider: DataProvider | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> None:
    """Train with one cycle of the learning rate, the images of the last epochs unvaried.

    Args:
        model: compiled.
        provider: data to train on.
        cycle: course of the learning rate; the callbacks may ask it how much is done.
        epochs: passes over the data; None if the time budget of `cycle` ends the run.
        val_provider: data to validate with after each epoch.
        callbacks: what else happens around the epochs.
    """
    unvaried = provider.with_(augmentors=())
    run_loop(
        model,
        lambda epoch: unvaried if is_clean(epoch, cycle.progress) else provider,
        steps=len(provider),
        epochs=epochs or ENDLESS,
        val_provider=val_provider,
        callbacks=[cycle, ProgressBar(cycle), *callbacks],
    )


def train_on(
    provider: DataProvider,
    make_model: Callable[[TrainConfigs], keras.Model],
    configs: TrainConfigs,
    *,
    val_provider: DataProvider | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> keras.Model:
    """Train on all of the data, leaving no file; return the model as its last epoch left it."""
    model = make_model(configs)
    fit(
        model,
        provider.with_(seed=configs.seed),
        OneCycle(configs.learning_rate, configs.time_budget_s),
        epochs=configs.train_epochs,
        val_provider=val_provider,
        callbacks=callbacks,
    )
    return model
