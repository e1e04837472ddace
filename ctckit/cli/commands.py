"""What the command line of reading does, step by step; it prints nothing itself."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ctckit.data.samples import Sample
from ctckit.errors import InputError
from ctckit.evaluation.errors import count_confusions
from ctckit.evaluation.evaluation import Evaluation
from ctckit.inference.reader import ImageToWordModel, Reading
from ctckit.inference.session import find_model_file
from ctckit.log import LOGGER
from ctckit.run_folder import ReportFiles, RunFolder, newest_run
from ctckit.sources.layouts import load_dataset
from ctckit.text.constrained.constraint import Constraint


@dataclass(frozen=True)
class Task:
    """What to judge: a model file on the images of a CSV; and where the report goes."""

    model: Path
    csv: Path
    report: ReportFiles


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
        predictions = run.evaluation.predictions
    predictions = predictions or source.with_name(f"{source.stem}_predictions.csv")
    taken = predictions.is_dir() or predictions.resolve() == source.resolve()
    if predictions.suffix.lower() != ".csv" or taken:
        raise InputError(
            f"--predictions: expected a .csv file to write, other than --csv, received "
            f"{predictions}; a picture of the same name goes beside it"
        )
    return Task(file, source, ReportFiles(predictions))


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
            pixels = model.prepare(image)
        except InputError as error:
            LOGGER.error("error: %s", error)
            continue
        yield image, model.read_batch(pixels[None])[0]


def make_constraint(
    pattern: str | None, length: str | None, lexicon: Path | None
) -> Constraint | None:
    """Return what the command line says about all texts; None if it says nothing.

    Raises:
        InputError: a length is no number, or the lexicon cannot be read or is empty.
    """
    if pattern is None and length is None and lexicon is None:
        return None
    return Constraint(
        pattern=pattern,
        length=None if length is None else _parse_length(length),
        lexicon=None if lexicon is None else _read_lexicon(lexicon),
    )


def _parse_length(length: str) -> tuple[int, int]:
    numbers = re.fullmatch(r"(\d+)(?:-(\d+))?", length.strip())
    if not numbers:
        raise InputError(f"--length: expected a number such as 5, or 4-6, received '{length}'")
    return int(numbers[1]), int(numbers[2] or numbers[1])


def _read_lexicon(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"{path}: expected a UTF-8 file with a text in each line as --lexicon, received "
            f"'{reason}'; give another file"
        ) from error
    return [line.strip() for line in lines if line.strip()]


def result(evaluation: Evaluation, task: Task) -> dict[str, Any]:
    """Return the figures and files of a finished task, ready for JSON; rates are 0…1."""
    return {
        **evaluation.figures(),
        "model": str(task.model),
        "csv": str(task.csv),
        "predictions": str(task.report.predictions),
        "picture": str(task.report.picture),
        "report": str(task.report.page),
    }


def summary(evaluation: Evaluation, task: Task, min_confidence: float | None = None) -> str:
    """Return what a person wants to know: figures, the worst ten images, where the files are."""
    errors = evaluation.errors
    low, high = errors.wer_interval
    return "\n".join(
        [
            f"CER  {errors.cer:.2%}  ({errors.edits} of {errors.characters} characters)",
            f"WER  {errors.wer:.2%}  ({errors.wrong_texts} of {errors.texts} images misread; "
            f"95 % interval {low:.2%} to {high:.2%})",
            *_confusions_line(evaluation),
            *_accepted_line(evaluation, min_confidence),
            f"read {errors.texts} images, {evaluation.images_per_second:.0f} images per second",
            "",
            "The worst ten:",
            *_worst_table(evaluation),
            "",
            f"model        {task.model}",
            f"images       {task.csv}",
            f"predictions  {task.report.predictions}",
            f"picture      {task.report.picture}",
            f"report       {task.report.page}",
        ]
    )


def _confusions_line(evaluation: Evaluation) -> list[str]:
    pairs = [(prediction.label, prediction.text) for prediction in evaluation.predictions]
    most = count_confusions(pairs)[:8]
    return [f"most frequent  {', '.join(map(str, most))}"] if most else []


def _accepted_line(evaluation: Evaluation, min_confidence: float | None) -> list[str]:
    if min_confidence is None:
        return []
    accepted = [p for p in evaluation.predictions if p.confidence >= min_confidence]
    wrong = sum(not prediction.is_right for prediction in accepted)
    look = len(evaluation.predictions) - len(accepted)
    return [
        f"from a confidence of {min_confidence:g} on: {len(accepted)} images, {wrong} misread; "
        f"{look} to look at"
    ]


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
