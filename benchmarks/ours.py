"""Our network, trained with default settings, as the benchmarks need it."""

from collections.abc import Sequence

from benchmarks import peers
from configs import ModelConfigs
from ctckit.data.samples import Sample
from ctckit.log import hidden_native_log
from data import make_provider
from train import fit_on

with hidden_native_log():
    import keras

    from ctckit.training.ctc_model import CTCModel


def train(
    configs: ModelConfigs,
    samples: list[Sample],
    val_samples: list[Sample] | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> tuple[CTCModel, peers.FitClock]:
    """Train as `train.py` does, without files and pictures; return the last epoch's model."""
    val_provider = make_provider(val_samples, configs) if val_samples else None
    clock = peers.FitClock()
    model = fit_on(samples, configs, val_provider=val_provider, callbacks=[*callbacks, clock])
    return model, clock
