"""A run of the recipe, from its first step to its last."""

from collections.abc import Sequence

import keras

from ctckit.training.callbacks.clean_finish import CleanFinish
from ctckit.training.callbacks.one_cycle import OneCycle
from ctckit.training.callbacks.progress import ProgressBar
from ctckit.training.provider import DataProvider

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
    model.fit(
        provider,
        validation_data=val_provider,
        epochs=epochs or ENDLESS,
        callbacks=[cycle, CleanFinish(provider, cycle), ProgressBar(cycle), *callbacks],
        verbose=0,
    )
