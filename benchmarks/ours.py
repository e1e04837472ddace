"""Our network, trained with default settings, as the benchmarks need it."""

from collections.abc import Sequence

import keras

from benchmarks import peers
from configs import ModelConfigs
from ctckit.augment import augmentors_of, later_augmentors_of
from ctckit.data.samples import Sample
from ctckit.training import CTCModel, DataProvider, make_provider, train_on
from model import make_model


def train(
    configs: ModelConfigs,
    samples: list[Sample],
    val_samples: list[Sample] | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    *,
    unlabelled: Sequence[str] = (),
) -> tuple[CTCModel, peers.FitClock]:
    """Train as `train.py` does, without files and pictures; return the last epoch's model."""
    clock = peers.FitClock()
    model = train_on(
        provider(samples, configs).with_(unlabelled=unlabelled),
        make_model,
        configs,
        val_provider=make_provider(val_samples, configs) if val_samples else None,
        callbacks=[*callbacks, clock],
    )
    return model, clock


def provider(samples: Sequence[Sample], configs: ModelConfigs) -> DataProvider:
    """Return the data as it is trained on, varied."""
    return make_provider(samples, configs).with_(
        augmentors=augmentors_of(configs.augment),
        later_augmentors=later_augmentors_of(configs.augment),
    )
