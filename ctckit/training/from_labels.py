"""A reader out of all labels that there are, for suggestions: nothing is held back or reported."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import keras

from ctckit.augment.strengths import augmentors_of, later_augmentors_of
from ctckit.data.check import scan
from ctckit.data.samples import Dataset, Sample
from ctckit.export.onnx import export_onnx
from ctckit.networks.plain import plain_copy
from ctckit.training.callbacks.export import reading_network
from ctckit.training.configs import TrainConfigs
from ctckit.training.fitting import train_on
from ctckit.training.preparation import choose, model_metadata, with_further_characters
from ctckit.training.provider import make_provider


def train_from_labels(
    make_model: Callable[[TrainConfigs], keras.Model],
    configs: TrainConfigs,
    samples: Sequence[Sample],
    path: Path,
    *,
    unlabelled: Sequence[str] = (),
    characters: str = "",
    told: Callable[[float], None] = lambda share: None,
) -> Path:
    """Train on all samples by the recipe and write an ONNX file.

    Where there is nothing to judge it by, the images of the run decide how long it is.

    Args:
        make_model: builds and compiles the network.
        configs: of the recipe; what is open is chosen for these samples.
        samples: to learn from.
        path: of the file.
        unlabelled: images that are learned from, too.
        characters: that texts may have beside those of the samples; none: those that the large
            base reads surely in `unlabelled`.
        told: is told after each epoch how much of a run of the usual length is done, 0…1.

    Returns:
        `path`.

    Raises:
        InputError: no sample can be learned from.
    """
    found = scan(Dataset("labels", samples=sorted(samples), unlabelled=tuple(unlabelled)))
    if characters:
        used = {*characters}.union(*(label for _, label in found.dataset.samples))
        configs = configs.replace(vocab="".join(sorted(used)))
    else:
        configs = with_further_characters(configs, found.dataset)
    dataset, configs = choose(found, configs, validates=False)
    provider = make_provider(dataset.samples, configs).with_(
        augmentors=augmentors_of(configs.augment),
        later_augmentors=later_augmentors_of(configs.augment),
        unlabelled=dataset.unlabelled,
    )
    model = train_on(provider, make_model, configs, callbacks=[_Told(told, configs.min_epochs)])
    metadata = model_metadata(replace(dataset, name="labels"), configs)
    metadata = replace(metadata, extra=metadata.extra | {"labels": len(samples)})
    return export_onnx(plain_copy(reading_network(model)), path, metadata)


class _Told(keras.callbacks.Callback):
    """Tell after each epoch how much is done."""

    def __init__(self, told: Callable[[float], None], usual_epochs: int) -> None:
        super().__init__()
        self._told, self._usual_epochs = told, usual_epochs

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self._told(min(1.0, (epoch + 1) / self._usual_epochs))
