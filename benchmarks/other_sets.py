"""Measure how the default recipe learns to read other images, and how long each set takes.

    python -m benchmarks.other_sets --datasets captcha_images_v2.zip digits.zip     about 8 minutes
    python -m benchmarks.other_sets --quick                                         about 1 minute

Default settings on each of the given sets, on the generated stand-in, on drawn texts of 1 to 10
letters, and on digits that differ from their background in hue only. Every tenth image is held
back; the epoch with the best reading of them is reported, as `train.py` would.

A network is off the CTC plateau when the mean loss of 20 steps is below half of what guessing
characters of the right number costs: mean length · ln(number of characters).
"""

import math
import sys
from collections import deque
from dataclasses import dataclass
from pathlib import Path

import keras

from benchmarks import ours, rendered
from benchmarks.common import load, save, table
from configs import ModelConfigs
from ctckit.cli.arguments import parse_arguments
from ctckit.cli.running import run_command
from ctckit.data.samples import Dataset
from ctckit.data.split import split_samples
from ctckit.log import LOGGER
from ctckit.sources.stand_in import generate_captchas

DRAWN = Path("Datasets/benchmarks")


@dataclass(frozen=True)
class Arguments:
    """The command line."""

    datasets: tuple[str, ...] = ()
    """Folders, .zip or CSV files of images, beside those that are drawn."""
    time_budget: str | None = None
    """For each set; None: the default number of epochs."""
    seeds: tuple[int, ...] = (0,)
    """Of split, weights and order; all are reported."""
    quick: bool = False
    """One epoch: to see it work."""
    output: Path = Path("benchmarks/results/other_sets.json")
    """JSON file to write."""


def main() -> None:
    """Train on every set."""
    arguments = parse_arguments(Arguments, prog="other_sets", description=__doc__)
    drawn = (
        generate_captchas(DRAWN / "generated_captchas"),
        rendered.variable_length(DRAWN / "variable_length"),
        rendered.colour_only(DRAWN / "colour_only"),
    )
    budget = None if arguments.quick else arguments.time_budget
    results = []
    for source in (*arguments.datasets, *map(str, drawn)):
        for seed in arguments.seeds:
            epochs = 1 if arguments.quick else None
            dataset, configs = load(source, seed=seed, time_budget=budget, train_epochs=epochs)
            LOGGER.info("%s, seed %d: %d images", dataset.name, seed, len(dataset.samples))
            results.append(train_one(dataset, configs))
    print(table(results))
    save({"results": results}, arguments.output)


def train_one(dataset: Dataset, configs: ModelConfigs) -> dict[str, object]:
    """Train with default settings; return the figures."""
    train, val = split_samples(dataset.samples, 1 - configs.validation_fraction, configs.seed)
    labels = [sample.label for sample in train]
    guessing = sum(map(len, labels)) / len(labels) * math.log(len(configs.vocab))
    plateau = PlateauWatch(guessing / 2)
    best = Best()
    _, clock = ours.train(configs, train, val, [plateau, best])
    return {
        "set": dataset.name,
        "seed": configs.seed,
        "images": f"{len(train)} + {len(val)}",
        "off the plateau after": f"{plateau.step} steps" if plateau.step else "never",
        "epochs": len(clock.epochs_s),
        "seconds": f"{sum(clock.epochs_s):.0f}",
        "misread": f"{round(best.logs['val_WER'] * len(val))} of {len(val)}",
        "CER": f"{best.logs['val_CER']:.2%}",
    }


class PlateauWatch(keras.callbacks.Callback):
    """Note the step at which the mean loss of the last 20 steps was first below `threshold`."""

    def __init__(self, threshold: float) -> None:
        super().__init__()
        self.threshold = threshold
        self.step: int | None = None
        self._steps = 0
        self._losses: deque[float] = deque(maxlen=20)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Take the loss of the step out of Keras' mean since the start of the epoch."""
        total = logs["loss"] * (batch + 1)
        self._losses.append(total - (self._total if batch else 0.0))
        self._total = total
        self._steps += 1
        full = len(self._losses) == self._losses.maxlen
        if self.step is None and full and sum(self._losses) < self.threshold * len(self._losses):
            self.step = self._steps


class Best(keras.callbacks.Callback):
    """Keep the figures of the best epoch, chosen as `BestCheckpoint` does."""

    logs: dict[str, float] = {"val_CER": math.inf, "val_loss": math.inf}

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Compare."""
        self.logs = min(self.logs, dict(logs), key=lambda x: (x["val_CER"], x["val_loss"]))


if __name__ == "__main__":
    sys.exit(run_command(main))
