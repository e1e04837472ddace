"""What the command line of reading does, step by step; it prints nothing itself."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ctckit.console import LOGGER
from ctckit.data import Sample, load_dataset
from ctckit.errors import InputError
from ctckit.inference.evaluation import Evaluation
from ctckit.inference.image_to_word import ImageToWordModel, Reading
from ctckit.inference.onnx_model import find_model_file
from ctckit.inference.report import predictions_grid, save_png
from ctckit.run_folder import RunFolder

_STAMP = re.compile(r"\d{8}-\d{6}$")


@dataclass(frozen=True)
class Task:
    """What to judge: a model file on the images of a CSV; and where the predictions go."""

    model: Path
    csv: Path
    predictions: Path

    @property
    def picture(self) -> Path:
        """A picture of the predictions, beside them."""
        return self.predictions.with_suffix(".png")


def newest_run(models_dir: Path) -> RunFolder:
    """Return the newest run with a model and validation images.

    The time is that in the name of its folder, or else that of the model file.

    Raises:
        InputError: there is none.
    """
    runs = [RunFolder(path) for path in sorted(models_dir.glob("*/"))]
    finished = [run for run in runs if run.onnx.is_file() and run.val_csv.is_file()]
    if not finished:
        raise InputError(
            f"expected a finished run with model.onnx and val.csv in {models_dir}/, found none; "
            "train one with: python train.py, or give --model"
        )
    return max(finished, key=_time_stamp)


def plan(model: Path | None, csv: Path | None, predictions: Path | None, models_dir: Path) -> Task:
    """Fill in what the command line left open.

    Without a model: the newest run. Without a CSV: the validation images of the model's run.
    Predictions go to the run's report, or beside a CSV of one's own.

    Raises:
        InputError: there is no such model or CSV.
    """
    file = newest_run(models_dir).onnx if model is None else find_model_file(model)
    run = RunFolder(file.parent)
    source = run.val_csv if csv is None else csv
    if not source.is_file() or source.suffix.lower() != ".csv":
        raise InputError(
            f"{source}: expected a CSV file with the columns image,label, found none; "
            "give one with --csv, or images with --images"
        )
    if predictions is None and csv is None:
        predictions = run.report / "predictions.csv"
    predictions = predictions or source.with_name(f"{source.stem}_predictions.csv")
    taken = predictions.is_dir() or predictions.resolve() == source.resolve()
    if predictions.suffix.lower() != ".csv" or taken:
        raise InputError(
            f"--predictions: expected a .csv file to write, other than --csv, received "
            f"{predictions}; a picture of the same name goes beside it"
        )
    return Task(file, source, predictions)


def labelled_images(csv: Path) -> list[Sample]:
    """Return the images of a CSV and their labels; rows without a label are named in the log.

    Raises:
        InputError: the CSV lacks a column, or one of its images is gone.
    """
    dataset = load_dataset(csv, datasets_dir=csv.parent)
    for record in dataset.left_out:
        LOGGER.warning("left out %s: %s", record.image, record.reason)
    return dataset.samples


def read_each(model: ImageToWordModel, images: Iterable[Path]) -> Iterator[tuple[Path, Reading]]:
    """Read the images one by one; those that cannot be read are named in the log and skipped."""
    for image in images:
        try:
            yield image, model.read_one(image)
        except InputError as error:
            LOGGER.error("error: %s", error)


def save_report(evaluation: Evaluation, task: Task) -> None:
    """Write the predictions and their picture."""
    evaluation.to_csv(task.predictions)
    save_png(task.picture, predictions_grid(evaluation))


def result(evaluation: Evaluation, task: Task) -> dict[str, Any]:
    """Return the figures and files of a finished task, ready for JSON; rates are 0…1."""
    return {
        "CER": evaluation.cer,
        "WER": evaluation.wer,
        "images": len(evaluation.predictions),
        "images_per_second": round(evaluation.images_per_second, 1),
        "model": str(task.model),
        "csv": str(task.csv),
        "predictions": str(task.predictions),
        "picture": str(task.picture),
    }


def summary(evaluation: Evaluation, task: Task) -> str:
    """Return what a person wants to know: figures, the worst ten images, where the files are."""
    errors = evaluation.errors
    return "\n".join(
        [
            f"CER  {errors.cer:.2%}  ({errors.edits} of {errors.characters} characters)",
            f"WER  {errors.wer:.2%}  ({errors.wrong_texts} of {errors.texts} images misread)",
            f"read {errors.texts} images, {evaluation.images_per_second:.0f} images per second",
            "",
            "The worst ten:",
            *_worst_table(evaluation),
            "",
            f"model        {task.model}",
            f"images       {task.csv}",
            f"predictions  {task.predictions}",
            f"picture      {task.picture}",
        ]
    )


def _worst_table(evaluation: Evaluation) -> list[str]:
    """Lay out the worst ten predictions in columns as wide as their longest entry."""
    rows = [("truth", "read", "edits", "confidence", "image")]
    rows += [
        (worst.label, worst.text, str(worst.edits), f"{worst.confidence:.3f}", worst.image)
        for worst in evaluation.worst(10)
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)) for row in rows)
    return [f"  {line.rstrip()}" for line in lines]


def _time_stamp(run: RunFolder) -> tuple[str, float]:
    """Return a key that sorts runs by time, at equal seconds by that of the model file."""
    written = run.onnx.stat().st_mtime
    stamp = _STAMP.search(run.path.name)
    return stamp[0] if stamp else f"{datetime.fromtimestamp(written):%Y%m%d-%H%M%S}", written
