"""How few labels are enough? Ours and the Keras example's network on the same few images.

    python -m benchmarks.few_labels --dataset captcha_images_v2.zip      about 15 minutes
    python -m benchmarks.few_labels --quick                              about 1 minute

Each is trained on 100, 200 and 400 images and judged, after its last epoch, on all the others;
no validation images choose an epoch.
"""

import math
import sys
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from benchmarks import ours, peers
from benchmarks.common import error_columns, load, save, table
from configs import ModelConfigs
from ctckit.cli.arguments import parse_arguments
from ctckit.cli.running import run_command
from ctckit.data.samples import Sample
from ctckit.data.split import split_samples
from ctckit.log import progress
from ctckit.text.error_rates import ErrorCounts, count_errors
from ctckit.text.greedy import greedy_decode
from ctckit.training import make_provider
from ctckit.training.ensemble import predict_all


@dataclass(frozen=True)
class Arguments:
    """The command line."""

    dataset: str | None = None
    """Folder, .zip or CSV of images; None: captcha_images_v2."""
    sizes: tuple[int, ...] = (100, 200, 400)
    """Numbers of images to train on."""
    keras_steps: int = 2400
    """Of the Keras example, in batches of 16; with 936 images it needs 1,400; 0 leaves it out."""
    keras_port: bool = False
    """The example's port of 2024 in its place: its network has a class that no label uses."""
    seed: int = 0
    """Of the choice of images, weights and order."""
    quick: bool = False
    """The smallest size and 50 steps: to see it work."""
    output: Path = Path("benchmarks/results/few_labels.json")
    """JSON file to write."""


def main() -> None:
    """Train both on every size."""
    arguments = parse_arguments(Arguments, prog="few_labels", description=__doc__)
    sizes = arguments.sizes[:1] if arguments.quick else arguments.sizes
    results = []
    for size in progress(sizes, "sizes", unit="size"):
        dataset, configs = load(arguments.dataset, seed=arguments.seed)
        train, rest = split_samples(dataset.samples, size / len(dataset.samples), arguments.seed)
        steps_per_epoch = math.ceil(size / configs.batch_size)
        steps = 50 if arguments.quick else arguments.keras_steps
        errors, seconds = fit_ours(configs, train, rest, 7 if arguments.quick else None)
        results.append(row("ctckit", train, errors, seconds))
        if steps:
            epochs = math.ceil(steps / steps_per_epoch)
            theirs = peers.keras_configs(configs, port=arguments.keras_port)
            errors, seconds = fit_keras_example(theirs, train, rest, epochs)
            results.append(row("Keras example", train, errors, seconds))
    print(table(results))
    save({"seed": arguments.seed, "results": results}, arguments.output)


def fit_ours(
    configs: ModelConfigs, train: list[Sample], rest: list[Sample], epochs: int | None
) -> tuple[ErrorCounts, float]:
    """Train with default settings, which count the epochs by the number of images."""
    configs = settings(configs, train, epochs)
    model, clock = ours.train(configs, train)
    return judge(model.reader, configs, rest), sum(clock.epochs_s)


def settings(configs: ModelConfigs, train: list[Sample], epochs: int | None) -> ModelConfigs:
    """Return the settings with the bounds that as many labels get by default, or `epochs`."""
    labels = [sample.label for sample in train]
    chosen = configs.replace(min_epochs=None, max_epochs=None).with_labels(labels, num_held_back=0)
    return configs.replace(
        train_epochs=epochs, min_epochs=chosen.min_epochs, max_epochs=chosen.max_epochs
    )


def fit_keras_example(
    configs: ModelConfigs, train: list[Sample], rest: list[Sample], epochs: int
) -> tuple[ErrorCounts, float]:
    """Train the example's network for the given epochs."""
    model = peers.keras_example(configs)
    clock = peers.fit(model, make_provider(train, configs), None, epochs, [])
    return judge(model, configs, rest), sum(clock.epochs_s)


def judge(network: keras.Model, configs: ModelConfigs, samples: list[Sample]) -> ErrorCounts:
    """Count the errors on images that were not trained on."""
    probabilities = predict(network, configs, samples)
    texts, _ = greedy_decode(probabilities, configs.vocabulary)
    return count_errors(texts, [sample.label for sample in samples])


def predict(network: keras.Model, configs: ModelConfigs, samples: list[Sample]) -> np.ndarray:
    """Return the probabilities of all samples in their order, float32 (N, T, V + 1)."""
    return predict_all(network, make_provider(samples, configs))


def row(name: str, train: list[Sample], errors: ErrorCounts, seconds: float) -> dict[str, object]:
    """Lay out a result."""
    return {
        "images to learn from": len(train),
        "what": name,
        **error_columns(errors),
        "seconds": f"{seconds:.0f}",
    }


if __name__ == "__main__":
    sys.exit(run_command(main))
