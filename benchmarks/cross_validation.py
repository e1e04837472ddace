"""How well is every image read by models that never saw it? Ours, their vote, the Keras example.

    python -m benchmarks.cross_validation --dataset captcha_images_v2.zip      about 80 minutes
    python -m benchmarks.cross_validation --models 1 --keras-epochs 0          about 10 minutes
    python -m benchmarks.cross_validation --quick                              about 1 minute

Settings are fixed beforehand; nothing of a fold is used for its models, not even to choose an
epoch. Our models differ in their seed only, and each is reported.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras

from benchmarks import ours, peers
from benchmarks.common import error_columns, load, save, table
from configs import ModelConfigs
from ctckit.cli.arguments import parse_arguments
from ctckit.cli.running import run_command
from ctckit.data.samples import Dataset
from ctckit.log import LOGGER
from ctckit.text.error_rates import ErrorCounts, count_errors
from ctckit.training import DataProvider, make_provider, read_folds
from ctckit.training.ensemble import ensemble
from ctckit.training.folds import OutOfFold


@dataclass(frozen=True)
class Arguments:
    """The command line."""

    dataset: str | None = None
    """Folder, .zip or CSV of images; None: captcha_images_v2."""
    folds: int = 10
    """Parts of the images."""
    models: int = 5
    """Of ours for each fold, which vote; 0 leaves them out."""
    train_epochs: int | None = None
    """Of ours; None: the default."""
    keras_epochs: int = 30
    """Of the Keras example, which needs 20 to 25; 0 leaves it out."""
    keras_port: bool = False
    """The example's port of 2024 in its place: its network has a class that no label uses."""
    quick: bool = False
    """Two folds, three epochs, one model: to see it work."""
    output: Path = Path("benchmarks/results/cross_validation.json")
    """JSON file to write; what each model read goes beside it."""


def main() -> None:
    """Cross-validate both on the same folds."""
    arguments = parse_arguments(Arguments, prog="cross_validation", description=__doc__)
    quick = arguments.quick
    folds, models = (2, 1) if quick else (arguments.folds, arguments.models)
    dataset, configs = load(
        arguments.dataset, folds=folds, train_epochs=3 if quick else arguments.train_epochs
    )
    theirs = peers.keras_configs(configs, port=arguments.keras_port)
    seconds: dict[str, list[float]] = {"ctckit": [], "Keras example": []}

    def train_ours(data: DataProvider):
        readers = []
        for index in range(models):
            own = configs.replace(seed=configs.seed + index)
            model, clock = ours.train(own, data.samples)
            seconds["ctckit"].append(sum(clock.epochs_s))
            readers.append(model.reader)
        return ensemble(readers)

    def train_keras_example(data: DataProvider):
        model = peers.keras_example(theirs)
        epochs = 3 if quick else arguments.keras_epochs
        clock = peers.fit(model, data, None, epochs, [])
        seconds["Keras example"].append(sum(clock.epochs_s))
        return model

    results = {}
    if models:
        LOGGER.info(
            "ctckit: %d folds, %d models each, %s epochs", folds, models,
            configs.train_epochs or f"{configs.min_epochs} to {configs.max_epochs}",
        )  # fmt: skip
        path = arguments.output.with_name("cross_validation_ctckit.csv")
        rows = read(dataset, configs, train_ours, path)
        for index in range(models):
            results[f"ctckit, seed {configs.seed + index}"] = count(rows, index)
    if models > 1:
        results[f"ctckit, vote of {models}"] = count(rows)
    if arguments.keras_epochs:
        LOGGER.info("Keras example")
        path = arguments.output.with_name("cross_validation_keras.csv")
        rows = read(dataset, theirs, train_keras_example, path)
        results["Keras example"] = count(rows)

    print(table([lay_out(name, errors, seconds) for name, errors in results.items()]))
    facts = {
        name: {
            "misread": errors.wrong_texts, "texts": errors.texts, "cer": errors.cer,
            "wer": errors.wer, "wer_interval": errors.wer_interval,
        }
        for name, errors in results.items()
    }  # fmt: skip
    save({"folds": folds, "results": facts, "seconds_per_model": seconds}, arguments.output)


def read(
    dataset: Dataset,
    configs: ModelConfigs,
    train: Callable[[DataProvider], keras.Model],
    path: Path,
) -> list[OutOfFold]:
    """Read every image with what `train` makes of the other folds."""
    provider, vocabulary = make_provider(dataset.samples, configs), configs.vocabulary
    return read_folds(provider, train, vocabulary, path, num_folds=configs.folds, seed=configs.seed)


def count(rows: list[OutOfFold], index: int | None = None) -> ErrorCounts:
    """Count the errors of one of the models, or of their vote."""
    texts = [row.text if index is None else row.texts[index] for row in rows]
    return count_errors(texts, [row.label for row in rows])


def lay_out(name: str, errors: ErrorCounts, seconds: dict[str, list[float]]) -> dict[str, str]:
    """Lay out a result."""
    low, high = errors.wer_interval
    times = seconds["Keras example" if name == "Keras example" else "ctckit"]
    mean_s = sum(times) / len(times)
    return {
        "what": name,
        **error_columns(errors),
        "95 % interval": f"{1 - high:.2%} to {1 - low:.2%}",
        "seconds a model": f"{mean_s:.0f}",
    }


if __name__ == "__main__":
    sys.exit(run_command(main))
