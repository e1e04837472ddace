"""`ctckit evaluate`: judge a model on labelled images."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ctckit.cli.reader_options import ReaderOptions
from ctckit.cli.results import evaluation_result, evaluation_summary
from ctckit.data.samples import Sample
from ctckit.errors import InputError
from ctckit.evaluation.one_pass import evaluate
from ctckit.inference.session import find_model_file
from ctckit.log import LOGGER
from ctckit.report.save import save_report
from ctckit.run_folder import ReportFiles, RunFolder, newest_run
from ctckit.sources.layouts import open_dataset


@dataclass(frozen=True)
class Task:
    """What to judge: a model file on the images of a CSV; and where the report goes."""

    model: Path
    csv: Path
    report: ReportFiles


@dataclass(frozen=True)
class Evaluate(ReaderOptions):
    """Judge a model on labelled images: figures here, a report beside the predictions."""

    csv: Path | None = None
    """Images and labels to read (columns image,label); without it, the val.csv of the run."""
    predictions: Path | None = None
    """Where to save the predictions (CSV; picture and report go beside it); without it, in the
    run's report/, or beside the CSV."""
    batch_size: int = 16
    """Images that the network reads at once."""
    json: bool = False
    """Print the result as one JSON object, the last line on stdout."""

    def __post_init__(self) -> None:
        """Refuse a batch of nothing."""
        super().__post_init__()
        if self.batch_size < 1:
            raise InputError(
                f"expected 1 or more, received {self.batch_size}", argument="batch_size"
            )

    def run(self) -> None:
        """Do it."""
        task = plan(self.model, self.csv, self.predictions)
        evaluation = evaluate(self.open(task.model), labelled_images(task.csv), self.batch_size)
        save_report(evaluation, task.report)
        files = {
            "model": task.model, "images": task.csv, "predictions": task.report.predictions,
            "picture": task.report.picture, "report": task.report.page,
        }  # fmt: skip
        print(evaluation_summary(evaluation, files, self.min_confidence))
        if self.json:
            print(json.dumps(evaluation_result(evaluation, files), ensure_ascii=False))


def plan(
    model: Path | None = None, csv: Path | None = None, predictions: Path | None = None
) -> Task:
    """Fill in what the command line left open.

    Without a model: the newest run. Without a CSV: the validation images of the model's run.
    Predictions go to the run's report, or beside a CSV of one's own.

    Raises:
        InputError: there is no such model or CSV.
    """
    file = newest_run().onnx if model is None else find_model_file(model)
    run = RunFolder(file.parent)
    source = run.val_csv if csv is None else csv
    if not source.is_file() or source.suffix.lower() != ".csv":
        raise InputError(
            f"{source}: expected a CSV file with the columns image,label, received none; "
            "give one with --csv, or images with --images"
        )
    if predictions is None and csv is None:
        predictions = run.evaluation.predictions
    predictions = predictions or source.with_name(f"{source.stem}_predictions.csv")
    taken = predictions.is_dir() or predictions.resolve() == source.resolve()
    if predictions.suffix.lower() != ".csv" or taken:
        raise InputError(
            f"expected a .csv file to write, other than --csv, received {predictions}; a picture "
            "of the same name goes beside it",
            argument="predictions",
        )
    return Task(file, source, ReportFiles(predictions))


def labelled_images(csv: Path) -> Sequence[Sample]:
    """Return the images of a CSV and their labels; rows without a label are named in the log.

    Raises:
        InputError: the CSV lacks a column, or one of its images is gone.
    """
    dataset = open_dataset(csv)
    for record in dataset.left_out:
        LOGGER.warning("left out %s: %s", record.image, record.reason)
    return dataset.samples
