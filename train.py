"""Train a network that reads small images of text, and keep it as one ONNX file.

    python train.py                              captcha_images_v2: about 2 minutes on 2 cores
    python train.py --dataset FOLDER|ZIP|CSV     your own images
    python train.py --help                       every knob

What comes out is a folder Models/<dataset>_<time>/ with model.onnx, its figures and a report
in pictures. Judge it with `python inferenceModel.py`.
"""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from configs import ModelConfigs
from ctckit import __version__
from ctckit.cli.arguments import parse_arguments
from ctckit.cli.running import require_opencv, run_command
from ctckit.cli.summaries import summary
from ctckit.log import LOGGER, hidden_native_log
from ctckit.run_folder import RunFolder, default_run_path, new_run_folder
from ctckit.text.vocabulary import Vocabulary
from data import describe, make_provider, make_providers, prepare_data

if TYPE_CHECKING:  # imported below when needed, so that the first line comes at once
    import keras

    from ctckit.data.samples import Dataset, Sample
    from ctckit.inference.metadata import ModelMetadata
    from ctckit.training.callbacks.interrupt import StopOnInterrupt
    from ctckit.training.ctc_model import CTCModel
    from ctckit.training.folds import OutOfFold
    from ctckit.training.provider import DataProvider


@dataclass(frozen=True)
class Arguments:
    """The command line: every field of ModelConfigs is a flag."""

    configs: Annotated[ModelConfigs, tyro.conf.OmitArgPrefixes] = field(
        default_factory=ModelConfigs
    )
    json: bool = False
    """Print the result as one JSON object, the last line on stdout."""


def main() -> None:
    """Train as the command line says."""
    arguments = parse_arguments(Arguments, prog="train.py", description=__doc__)
    LOGGER.info("ctckit %s", __version__)
    require_opencv()

    dataset, configs = prepare_data(arguments.configs)
    path = configs.model_path or default_run_path(dataset.name, datetime.now())
    with new_run_folder(path) as run:
        describe(dataset, configs)
        LOGGER.info("run folder  %s", run.path)
        configs.replace(model_path=str(run.path)).save(run.path)
        LOGGER.info("starting TensorFlow …")
        from ctckit import training

        with hidden_native_log():
            training.DataProvider  # noqa: B018

        if configs.folds:
            result = cross_validate(dataset, configs, run)
        else:
            providers = make_providers(dataset, configs, run)
            metadata = make_metadata(dataset, configs)
            histories = fit_all(*providers, metadata, configs, run)
            result = training.judge(run, *providers, quantize=configs.quantize) | {
                "models": len(histories),
                "epochs": sum(map(len, histories)),
                "fit_seconds": sum(history[-1]["seconds"] for history in histories),
            }

    result |= {"images": len(dataset.samples), "left_out": len(dataset.left_out)}
    print(summary(result))
    if arguments.json:
        print(json.dumps(result, ensure_ascii=False))


def make_metadata(dataset: "Dataset", configs: ModelConfigs) -> "ModelMetadata":
    """Collect what the ONNX file will say about itself."""
    from importlib.metadata import version

    from ctckit.inference.metadata import ModelMetadata

    return ModelMetadata(
        vocabulary=Vocabulary(configs.vocab),
        height=configs.height,
        width=configs.width,
        channels=configs.channels,
        keep_aspect_ratio=configs.keep_aspect_ratio,
        dataset=dataset.name,
        extra={
            "architecture": configs.architecture,
            "models": configs.models,
            "seed": configs.seed,
            "images": len(dataset.samples),
            "dataset_fingerprint": dataset.fingerprint,
            "trained": datetime.now().astimezone().isoformat(timespec="seconds"),
            "libraries": {name: version(name) for name in ("tensorflow", "keras", "tf2onnx")},
        },
    )


def fit_all(
    train_provider: "DataProvider",
    val_provider: "DataProvider",
    metadata: "ModelMetadata",
    configs: ModelConfigs,
    run: RunFolder,
) -> list[list[dict[str, float]]]:
    """Train the model, or several to keep in one file; return the figures of their epochs.

    Ctrl-C ends it; the models trained by then are kept.
    """
    from ctckit import training

    interrupt = training.StopOnInterrupt()
    providers = train_provider, val_provider
    if configs.models == 1:
        return [fit(*providers, metadata, configs, run, interrupt)]
    members = [run.member(index + 1) for index in range(configs.models)]
    histories = []
    try:
        while len(histories) < configs.models and not interrupt.stopped:
            LOGGER.info("model %d of %d", len(histories) + 1, configs.models)
            member, seed = members[len(histories)], configs.seed + len(histories)
            member.report.mkdir(parents=True)
            train_provider.seed = seed
            own = replace(metadata, extra=metadata.extra | {"models": 1, "seed": seed})
            histories.append(fit(*providers, own, configs.replace(seed=seed), member, interrupt))
    except KeyboardInterrupt:
        if not histories:
            raise
    LOGGER.info("putting %d models into one file …", len(histories))
    checkpoints = [member.checkpoint for member in members[: len(histories)]]
    metadata = replace(metadata, extra=metadata.extra | {"models": len(histories)})
    training.save_ensemble(checkpoints, run.checkpoint, metadata, val_provider)
    return histories


def fit(
    train_provider: "DataProvider",
    val_provider: "DataProvider",
    metadata: "ModelMetadata",
    configs: ModelConfigs,
    run: RunFolder,
    interrupt: "StopOnInterrupt",
) -> list[dict[str, float]]:
    """Train and export the best epoch; return the figures of every epoch."""
    from keras.callbacks import EarlyStopping, LambdaCallback, TensorBoard

    from ctckit import training
    from ctckit.report import save_learning_curves
    from model import make_model

    cycle = training.OneCycle(configs.learning_rate, configs.time_budget_s)
    logger = training.TrainLogger(run.path, cycle)
    best = training.BestCheckpoint(run.checkpoint)

    def draw_curves(logs: dict[str, float]) -> None:
        save_learning_curves(logger.history, run.learning_curves, title=run.path.name)

    callbacks = [
        logger,
        best,
        TensorBoard(run.tensorboard, write_graph=False, profile_batch=0),
        training.ValidationImages(run.tensorboard, val_provider, metadata.vocabulary),
        training.Model2onnx(run.checkpoint, metadata, best),
        LambdaCallback(on_train_end=draw_curves),
    ]
    if configs.early_stopping_patience:
        patience = configs.early_stopping_patience
        callbacks.append(EarlyStopping(monitor="val_CER", mode="min", patience=patience))
    callbacks.append(interrupt)  # last, so that it guards the export, too
    training.fit(
        make_model(configs),
        train_provider,
        cycle,
        epochs=configs.train_epochs,
        val_provider=val_provider,
        callbacks=callbacks,
    )
    return logger.history


def cross_validate(dataset: "Dataset", configs: ModelConfigs, run: RunFolder) -> dict:
    """Read every image with a model that never saw it; list the labels that look wrong."""
    from ctckit import training

    seeds = range(configs.seed, configs.seed + configs.models)

    def train(samples: list["Sample"]) -> "keras.Model":
        return training.ensemble(
            [fit_on(samples, configs.replace(seed=seed)).reader for seed in seeds]
        )

    rows = read_folds(dataset, configs, train, run.out_of_fold)
    training.save_label_errors(rows, run.label_errors)
    return {"dataset": dataset.name, "run": str(run.path)} | training.fold_figures(rows)


def read_folds(
    dataset: "Dataset",
    configs: ModelConfigs,
    train: "Callable[[list[Sample]], keras.Model]",
    csv: Path,
) -> "list[OutOfFold]":
    """Read every image with what `train` makes of the other folds; write the rows to `csv`."""
    from ctckit import training

    return training.cross_validate(
        dataset.samples,
        num_folds=configs.folds,
        seed=configs.seed,
        train=train,
        make_provider=lambda samples: make_provider(samples, configs),
        vocabulary=Vocabulary(configs.vocab),
        keep=lambda rows: training.write_rows(rows, csv),
    )


def fit_on(
    samples: list["Sample"],
    configs: ModelConfigs,
    *,
    val_provider: "DataProvider | None" = None,
    callbacks: "Sequence[keras.callbacks.Callback]" = (),
) -> "CTCModel":
    """Train on all of `samples`, leaving no file; return the model as its last epoch left it."""
    from ctckit import training
    from model import make_model

    model = make_model(configs)
    training.fit(
        model,
        make_provider(samples, configs, augment=configs.augment),
        training.OneCycle(configs.learning_rate, configs.time_budget_s),
        epochs=configs.train_epochs,
        val_provider=val_provider,
        callbacks=callbacks,
    )
    return model


if __name__ == "__main__":
    sys.exit(run_command(main))
