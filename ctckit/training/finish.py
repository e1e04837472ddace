"""What a finished run is worth: its files checked, calibrated, measured and drawn, in one pass."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import onnx

from ctckit.data.samples import Sample
from ctckit.evaluation.evaluation import Evaluation
from ctckit.evaluation.one_pass import Check, evaluate
from ctckit.export.onnx_file import save_onnx, write_facts
from ctckit.export.parity import ParityCheck
from ctckit.export.reader_form import ReaderFormCheck, export_reader
from ctckit.export.smaller import MAX_GROWTH, SHRINKERS, AccuracyError, SmallerCheck
from ctckit.image.widths import AROUND, SEVERAL
from ctckit.inference.reader import ImageToWordModel
from ctckit.log import LOGGER
from ctckit.report.card import save_card
from ctckit.report.grid import image_grid, save_png
from ctckit.report.save import save_report
from ctckit.run_folder import RunFolder
from ctckit.text.vocabulary import Vocabulary
from ctckit.training.length import GOOD
from ctckit.training.members import History
from ctckit.training.provider import DataProvider
from ctckit.training.start import FEW


def finish_run(
    run: RunFolder,
    train_provider: DataProvider,
    val_provider: DataProvider,
    histories: Sequence[History],
    *,
    quantize: str | None = None,
) -> dict[str, Any]:
    """Compare `model.onnx` with Keras, calibrate it, make its other forms, measure it, draw.

    The validation images are decoded once, and each file runs over them once. Where images have
    their own widths, and many are misread, or there were few to learn from, `model.onnx` reads them
    once more, at several widths; if that reads more of them, or of few no less, the file says so,
    and readers do it from then on.

    Args:
        run: folder with `model.keras` and `model.onnx`.
        train_provider: its first images are drawn as the network sees them.
        val_provider: the images to measure with.
        histories: the figures of every epoch of each model.
        quantize: "float16" or "int8", to keep a smaller file, too, unless it reads worse.

    Returns:
        Figures and paths, ready for JSON; rates are 0…1, `quantized` is None without such a file.

    Raises:
        ExportError: the file does not agree with the network; all files are written by then.
    """
    write_facts(run.onnx, confidence_temperature=1.0, reading_widths=(1.0,))  # perhaps once more
    reader = ImageToWordModel(run.onnx)
    vocabulary = reader.metadata.vocabulary
    export_reader(run.onnx, run.reader)
    parity = ParityCheck(keras.models.load_model(run.checkpoint), vocabulary)
    form = ReaderFormCheck(run.reader)
    smaller = _smaller_file(run, quantize) if quantize else None
    checks: list[Check] = [parity, form, *([SmallerCheck(smaller)] if smaller else [])]
    evaluation = evaluate(reader, val_provider.samples, checks=checks, skip_unreadable=True)
    for record in evaluation.unreadable:
        LOGGER.warning("not validated with: %s: %s", record.image, record.reason)

    for image in form.differing:
        LOGGER.warning("%s reads %s otherwise, as it is resized otherwise", run.reader.name, image)
    if smaller and not _reads_as_well(checks[-1], quantize):
        smaller.unlink()
        smaller = None
    write_facts(run.reader, confidence_temperature=evaluation.fitted_temperature)
    widths: Sequence[float] = (1.0,)
    if run.is_base:
        widths = SEVERAL
    elif reader.metadata.width is None:
        are_few = len(train_provider.samples) + len(val_provider.samples) <= FEW
        widths, evaluation = _better(run, evaluation, val_provider.samples, are_few=are_few)
    temperature = evaluation.fitted_temperature
    figures = {"val_CER": evaluation.cer, "val_WER": evaluation.wer}
    for file in filter(None, (run.onnx, smaller)):
        write_facts(file, confidence_temperature=temperature, reading_widths=widths, **figures)
    save_report(evaluation.calibrated_by(temperature), run.evaluation)
    save_card(run)
    save_training_samples(train_provider, vocabulary, run.training_samples)
    parity.parity.require()  # when all is written: hours of training are not to be lost
    return {
        "models": len(histories),
        "epochs": sum(map(len, histories)),
        "fit_seconds": sum(history[-1]["seconds"] for history in histories),
        "validation_images": evaluation.errors.texts,
        "val_CER": evaluation.cer,
        "val_WER": evaluation.wer,
        "keras_onnx_difference": parity.parity.largest_difference,
        "onnx": str(run.onnx),
        "quantized": str(smaller) if smaller else None,
    }


def _better(
    run: RunFolder, once: Evaluation, samples: Sequence[Sample], *, are_few: bool
) -> tuple[Sequence[float], Evaluation]:
    """Return at which widths more is read: at one, or at several, whose readings vote.

    Of many images the vote must read more, and is not tried where one width is good. Few can
    hardly tell: it must read no less.
    """
    if not are_few and once.wer <= GOOD:
        return (1.0,), once
    reader = ImageToWordModel(run.onnx, reading_widths=AROUND)
    several = evaluate(reader, samples, skip_unreadable=True)
    if several.wer > once.wer or (several.wer == once.wer and not are_few):
        return (1.0,), once
    LOGGER.info(
        "reading     each image at %d widths, whose readings vote: %.1f %% of texts misread, at "
        "one %.1f %%, in %.1f times the time; --reading-widths 1 reads at one",
        len(AROUND), 100 * several.wer, 100 * once.wer, sum(AROUND),
    )  # fmt: skip
    return AROUND, several


def _smaller_file(run: RunFolder, form: str) -> Path:
    return save_onnx(SHRINKERS[form](onnx.load(str(run.onnx))), run.smaller(form))


def _reads_as_well(check: SmallerCheck, form: str) -> bool:
    try:
        check.comparison.require(MAX_GROWTH)
    except AccuracyError as error:
        LOGGER.warning("no %s file: %s", form, error)
        return False
    return True


def save_training_samples(
    provider: DataProvider, vocabulary: Vocabulary, path: Path, limit: int = 48
) -> Path:
    """Draw the first samples as the network sees them, augmented, as PNG."""
    images, labels = provider.first(limit)
    return save_png(path, image_grid(list(images), [vocabulary.decode(ids) for ids in labels]))
