"""Our network, trained with default settings, as the benchmarks need it."""

from collections.abc import Sequence

from benchmarks import peers
from configs import ModelConfigs
from ctckit.data import Sample, default_augmentors
from ctckit.quiet import hidden_native_log
from train import ENDLESS, make_provider

with hidden_native_log():
    import keras

    from ctckit.training import CleanFinish, CTCModel, OneCycle
    from model import make_model


def train(
    configs: ModelConfigs,
    samples: list[Sample],
    val_samples: list[Sample] | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> tuple[CTCModel, peers.FitClock]:
    """Train as `train.py` does, without files and pictures; return the last epoch's model."""
    provider = make_provider(samples, configs)
    provider.augmentors = default_augmentors()
    val_provider = make_provider(val_samples, configs) if val_samples else None
    model = make_model(configs)
    cycle = OneCycle(configs.learning_rate, configs.time_budget_s)
    course = [cycle, CleanFinish(provider, cycle), *callbacks]
    epochs = configs.train_epochs or ENDLESS
    return model, peers.fit(model, provider, val_provider, epochs, course)
