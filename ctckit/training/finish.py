"""What a finished run is worth: its file compared, calibrated, measured and drawn."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras

from ctckit.data.samples import Sample
from ctckit.evaluation.evaluation import evaluate
from ctckit.export.onnx_file import rewrite_metadata
from ctckit.export.parity import Parity, compare
from ctckit.export.reader_form import export_reader, texts_that_differ
from ctckit.export.smaller import AccuracyError, export_smaller, to_float16, to_int8
from ctckit.inference.reader import ImageToWordModel
from ctckit.log import LOGGER, progress
from ctckit.report.grid import image_grid, save_png
from ctckit.report.save import save_report
from ctckit.run_folder import RunFolder
from ctckit.text.vocabulary import Vocabulary
from ctckit.training.provider import DataProvider

SHRINKERS = {"float16": to_float16, "int8": to_int8}


def judge(
    run: RunFolder,
    train_provider: DataProvider,
    val_provider: DataProvider,
    *,
    quantize: str | None = None,
) -> dict[str, Any]:
    """Compare `model.onnx` with Keras, calibrate it, make its other forms, measure it, draw.

    Args:
        run: folder with `model.keras`, `model.onnx` and `val.csv`.
        train_provider: its first images are drawn as the network sees them.
        val_provider: the images to measure with, those of `val.csv`.
        quantize: "float16" or "int8", to keep a smaller file, too, unless it reads worse.

    Returns:
        Figures and paths, ready for JSON; rates are 0…1, `quantized` is None without such a file.

    Raises:
        ExportError: the file does not agree with the network.
    """
    samples = val_provider.samples
    parity = compare_with_keras(run, val_provider)
    calibrate(run.onnx, samples)
    export_reader(run.onnx, run.reader)
    quantized = keep_smaller(run.onnx, quantize, samples) if quantize else None
    reader = ImageToWordModel(run.onnx)
    evaluation = evaluate(reader, samples)
    for image in texts_that_differ(run.reader, evaluation.predictions):
        LOGGER.warning("%s reads %s otherwise, as it is resized otherwise", run.reader.name, image)
    save_report(evaluation, run.evaluation)
    save_training_samples(train_provider, reader.metadata.vocabulary, run.training_samples)
    return {
        "dataset": reader.metadata.dataset,
        "validation_images": len(samples),
        "val_CER": evaluation.cer,
        "val_WER": evaluation.wer,
        "keras_onnx_difference": parity.largest_difference,
        "run": str(run.path),
        "onnx": str(run.onnx),
        "quantized": str(quantized) if quantized else None,
    }


def compare_with_keras(run: RunFolder, provider: DataProvider) -> Parity:
    """Require that file and checkpoint say the same of all images of `provider`."""
    indices = progress(range(len(provider)), "compare with Keras", unit="batch")
    batches = (provider[index][0] for index in indices)
    network = keras.models.load_model(run.checkpoint)
    return compare(network, ImageToWordModel(run.onnx), batches).require()


def calibrate(network: Path, samples: Sequence[Sample]) -> None:
    """Write into the file by which temperature its confidence is nearest to how often it is right.

    See `ctckit.inference.confidence`.
    """
    reader = ImageToWordModel(network)
    temperature = evaluate(reader, samples).fitted_temperature
    rewrite_metadata(network, replace(reader.metadata, confidence_temperature=temperature))


def keep_smaller(network: Path, form: str, samples: Sequence[Sample]) -> Path | None:
    """Write the form "float16" or "int8" beside the file; None, with a warning, if it is worse."""
    path = RunFolder(network.parent).smaller(form)
    try:
        export_smaller(network, path, samples, shrink=SHRINKERS[form])
    except AccuracyError as error:
        LOGGER.warning("no %s file: %s", form, error)
        return None
    return path


def save_training_samples(
    provider: DataProvider, vocabulary: Vocabulary, path: Path, limit: int = 48
) -> Path:
    """Draw the first samples as the network sees them, augmented, as PNG."""
    images, labels = provider.first(limit)
    return save_png(path, image_grid(list(images), [vocabulary.decode(ids) for ids in labels]))
