"""Train a network that reads small images of text, and keep it as one ONNX file.

    python train.py                              captcha_images_v2: about 2 minutes on 2 cores
    python train.py --dataset FOLDER|ZIP|CSV     your own images
    python train.py --help                       every knob

What comes out is a folder Models/<dataset>_<time>/ with model.onnx, its figures and a report
in pictures. Judge it with `python inferenceModel.py`.
"""

import json
import sys
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from configs import ModelConfigs
from ctckit import __version__
from ctckit.arguments import parse_arguments
from ctckit.console import LOGGER, progress, run_command
from ctckit.errors import InputError
from ctckit.opencv_check import require_opencv
from ctckit.quiet import hidden_native_log
from ctckit.run_folder import RunFolder, default_run_path, new_run_folder
from ctckit.summary import summary
from ctckit.text import Vocabulary

if TYPE_CHECKING:  # imported below when needed, so that the first line comes at once
    import keras

    from ctckit.data import Dataset, Sample
    from ctckit.inference import ModelMetadata
    from ctckit.training import DataProvider, StopOnInterrupt

DATASETS_DIR = Path("Datasets")
MODELS_DIR = Path("Models")
ENDLESS = 1_000_000  # epochs


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
    with new_run_folder(configs.model_path) as run:
        describe(dataset, configs)
        configs.save(run.path)
        LOGGER.info("starting TensorFlow …")
        with hidden_native_log():
            import ctckit.training  # noqa: F401

        if configs.folds:
            result = cross_validate(dataset, configs, run)
        else:
            providers = make_providers(dataset, configs, run)
            metadata = make_metadata(dataset, configs)
            histories = fit_all(*providers, metadata, configs, run)
            result = judge(*providers, histories, configs, run)

    result |= {"images": len(dataset.samples), "left_out": len(dataset.left_out)}
    print(summary(result))
    if arguments.json:
        print(json.dumps(result, ensure_ascii=False))


def prepare_data(configs: ModelConfigs) -> tuple["Dataset", ModelConfigs]:
    """Find the images, leave out what cannot be used, choose what the configuration left open."""
    from ctckit.data import default_dataset, leave_out_labels, load_dataset, required_steps, scan

    if configs.dataset is None:
        dataset = default_dataset(DATASETS_DIR)
    else:
        dataset = load_dataset(
            configs.dataset, datasets_dir=DATASETS_DIR, label_separator=configs.label_separator
        )
    found = scan(dataset)
    configs = configs.with_image_form(
        image_size=found.median_size,
        is_grey=found.is_grey,
        label_steps=max(required_steps(label) for _, label in found.dataset.samples),
    )
    dataset = leave_out_labels(
        found.dataset,
        num_steps=configs.num_steps,
        max_length=configs.max_text_length,
        characters=configs.vocab,
    )
    check_size(len(dataset.samples), configs)
    configs = configs.with_labels([label for _, label in dataset.samples])
    run_path = configs.model_path or default_run_path(MODELS_DIR, dataset.name, datetime.now())
    return dataset, configs.replace(
        dataset=configs.dataset or str(DATASETS_DIR / dataset.name), model_path=str(run_path)
    )


def check_size(num_images: int, configs: ModelConfigs) -> None:
    """Refuse too few images for the parts they are to be split into."""
    if configs.folds and configs.folds > num_images:
        raise InputError(f"expected at least {configs.folds} images for --folds {configs.folds}, "
                         f"got {num_images}")  # fmt: skip
    held_back = num_images - round(num_images * (1 - configs.validation_fraction))
    if not configs.folds and not 0 < held_back < num_images:
        raise InputError(
            f"expected enough images to train and to validate, got {num_images}, of which "
            f"--validation-fraction {configs.validation_fraction:g} holds back {held_back}; "
            "use more images or another fraction"
        )


def describe(dataset: "Dataset", configs: ModelConfigs) -> None:
    """Log what is trained on and with."""
    from ctckit.data import log_left_out

    log_left_out(dataset)
    LOGGER.info("dataset     %s: %d images", dataset.name, len(dataset.samples))
    LOGGER.info("texts       up to %d of %s", configs.max_text_length, configs.vocab)
    LOGGER.info(
        "network     %s, images %d x %d x %d, %d time steps", configs.architecture,
        configs.height, configs.width, configs.channels, configs.num_steps,
    )  # fmt: skip
    LOGGER.info("run folder  %s", configs.model_path)


def make_provider(samples: list["Sample"], configs: ModelConfigs) -> "DataProvider":
    """Define the way of a sample from disk to batch."""
    from ctckit.data import LabelIndexer, LabelPadding, image_steps
    from ctckit.training import DataProvider

    vocabulary = Vocabulary(configs.vocab)
    return DataProvider(
        samples,
        data_preprocessors=image_steps(
            height=configs.height,
            width=configs.width,
            channels=configs.channels,
            keep_aspect_ratio=configs.keep_aspect_ratio,
        ),
        transformers=[
            LabelIndexer(vocabulary),
            LabelPadding(
                max_word_length=configs.max_text_length, padding_value=vocabulary.padding_id
            ),
        ],
        batch_size=configs.batch_size,
        use_cache=configs.use_cache,
        seed=configs.seed,
        workers=configs.train_workers,
    )


def make_providers(
    dataset: "Dataset", configs: ModelConfigs, run: RunFolder
) -> tuple["DataProvider", "DataProvider"]:
    """Split the images; only those to train on are varied."""
    from ctckit.data import default_augmentors

    provider = make_provider(dataset.samples, configs)
    train_provider, val_provider = provider.split(1 - configs.validation_fraction)
    train_provider.augmentors = default_augmentors() if configs.augment else []
    train_provider.to_csv(run.train_csv)
    val_provider.to_csv(run.val_csv)
    return train_provider, val_provider


def make_metadata(dataset: "Dataset", configs: ModelConfigs) -> "ModelMetadata":
    """Collect what the ONNX file will say about itself."""
    from importlib.metadata import version

    from ctckit.inference import ModelMetadata

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
    """Train the model, or several to keep in one file; return the figures of their epochs."""
    from ctckit import training

    interrupt = training.StopOnInterrupt()
    providers = train_provider, val_provider
    if configs.models == 1:
        return [fit(*providers, metadata, configs, run, interrupt)]
    histories, members = [], []
    while len(members) < configs.models and not interrupt.stopped:
        LOGGER.info("model %d of %d", len(members) + 1, configs.models)
        member, seed = run.member(len(members) + 1), configs.seed + len(members)
        member.report.mkdir(parents=True)
        train_provider.seed = seed
        own = replace(metadata, extra=metadata.extra | {"models": 1, "seed": seed})
        histories.append(fit(*providers, own, configs.replace(seed=seed), member, interrupt))
        members.append(member)
    LOGGER.info("putting %d models into one file …", len(members))
    checkpoints = [member.checkpoint for member in members]
    metadata = replace(metadata, extra=metadata.extra | {"models": len(members)})
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
    from keras.callbacks import EarlyStopping, TensorBoard

    from ctckit import training
    from model import make_model

    cycle = training.OneCycle(configs.learning_rate, configs.time_budget_s)
    logger = training.TrainLogger(run.path, cycle)
    best = training.BestCheckpoint(run.checkpoint)
    callbacks = [
        cycle,
        training.CleanFinish(train_provider, cycle),
        training.ProgressBar(cycle),
        logger,
        best,
        TensorBoard(run.tensorboard, write_graph=False, profile_batch=0),
        training.ValidationImages(run.tensorboard, val_provider, metadata.vocabulary),
        training.Model2onnx(run.checkpoint, metadata, best),
    ]
    if configs.early_stopping_patience:
        patience = configs.early_stopping_patience
        callbacks.append(EarlyStopping(monitor="val_CER", mode="min", patience=patience))
    callbacks.append(interrupt)  # last, so that it guards the export, too
    make_model(configs).fit(
        train_provider,
        validation_data=val_provider,
        epochs=configs.train_epochs or ENDLESS,  # a time budget ends the run by itself
        callbacks=callbacks,
        verbose=0,
    )
    training.save_learning_curves(logger.history, run.report, title=run.path.name)
    return logger.history


def judge(
    train_provider: "DataProvider",
    val_provider: "DataProvider",
    histories: list[list[dict[str, float]]],
    configs: ModelConfigs,
    run: RunFolder,
) -> dict:
    """Compare the exported file with Keras, measure it on the validation images, draw pictures."""
    import keras

    from ctckit.export import compare, export_reader, rewrite_metadata, texts_that_differ
    from ctckit.inference import ImageToWordModel, commands, evaluate
    from ctckit.training import save_training_samples

    reader = ImageToWordModel(run.onnx)
    indices = progress(range(len(val_provider)), "compare with Keras", unit="batch")
    batches = (val_provider[index][0] for index in indices)
    parity = compare(keras.models.load_model(run.checkpoint), reader, batches).require()
    temperature = evaluate(reader, val_provider.samples).fitted_temperature
    rewrite_metadata(run.onnx, replace(reader.metadata, confidence_temperature=temperature))
    export_reader(run.onnx, run.reader)
    if configs.quantize:
        quantize(run.onnx, configs.quantize, val_provider.samples)
    evaluation = evaluate(ImageToWordModel(run.onnx), val_provider.samples)
    for image in texts_that_differ(run.reader, evaluation.predictions):
        LOGGER.warning("%s reads %s otherwise, as it is resized otherwise", run.reader.name, image)
    commands.save_report(evaluation, commands.plan(run.path, None, None, MODELS_DIR))
    save_training_samples(train_provider, reader.metadata.vocabulary, run.report)
    return {
        "dataset": reader.metadata.dataset,
        "validation_images": len(val_provider.samples),
        "models": len(histories),
        "epochs": sum(map(len, histories)),
        "fit_seconds": sum(history[-1]["seconds"] for history in histories),
        "val_CER": evaluation.cer,
        "val_WER": evaluation.wer,
        "keras_onnx_difference": parity.largest_difference,
        "run": str(run.path),
        "onnx": str(run.onnx),
    }


def quantize(network: Path, form: str, samples: list["Sample"]) -> None:
    """Keep a smaller form of the file, too, unless it reads worse."""
    from ctckit.export import AccuracyError, export_smaller, to_float16, to_int8

    shrink = {"float16": to_float16, "int8": to_int8}[form]
    try:
        export_smaller(network, network.with_suffix(f".{form}.onnx"), samples, shrink=shrink)
    except AccuracyError as error:
        LOGGER.warning("no %s file: %s", form, error)


def cross_validate(dataset: "Dataset", configs: ModelConfigs, run: RunFolder) -> dict:
    """Read every image with a model that never saw it; list the labels that look wrong."""
    from ctckit import training
    from ctckit.data import default_augmentors
    from model import make_model

    def train(samples: list["Sample"]) -> "keras.Model":
        return training.ensemble([train_one(samples, index) for index in range(configs.models)])

    def train_one(samples: list["Sample"], index: int) -> "keras.Model":
        own = configs.replace(seed=configs.seed + index)
        provider = make_provider(samples, own)
        provider.augmentors = default_augmentors() if configs.augment else []
        model = make_model(own)
        cycle = training.OneCycle(configs.learning_rate, configs.time_budget_s)
        model.fit(
            provider,
            epochs=configs.train_epochs or ENDLESS,
            callbacks=[cycle, training.CleanFinish(provider, cycle), training.ProgressBar(cycle)],
            verbose=0,
        )
        return model.reader

    rows = training.cross_validate(
        dataset.samples,
        num_folds=configs.folds,
        seed=configs.seed,
        train=train,
        make_provider=lambda samples: make_provider(samples, configs),
        vocabulary=Vocabulary(configs.vocab),
        keep=lambda rows: training.write_rows(rows, run.report / "out_of_fold.csv"),
    )
    training.save_label_errors(rows, run.report)
    return {"dataset": dataset.name, "run": str(run.path)} | training.fold_figures(rows)


if __name__ == "__main__":
    sys.exit(run_command(main))
