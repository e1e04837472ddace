"""`ctckit evaluate`: judge a model on labelled images."""

import sys
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import NamedTuple

from ctckit.cli.labelled_images import labelled_images
from ctckit.cli.reader_options import ReaderOptions
from ctckit.cli.results import evaluation_result, evaluation_summary, tell_records
from ctckit.errors import InputError
from ctckit.evaluation.leniency import Leniency
from ctckit.evaluation.one_pass import evaluate
from ctckit.inference.metadata import ModelMetadata
from ctckit.inference.session import find_model_file
from ctckit.remote.fetching import fetched
from ctckit.report.save import save_report
from ctckit.run_folder import ReportFiles, RunFolder, newest_run
from ctckit.sources.options import SourceOptions
from ctckit.terminal import show, show_json


class Task(NamedTuple):
    """What to judge: a model file on the images of a source; and where the report goes."""

    model: Path
    source: Path
    report: ReportFiles


@dataclass(frozen=True)
class Evaluate(SourceOptions, ReaderOptions):
    """Judge a model on labelled images: figures here, a report beside the predictions.

    Images that cannot be read are named and left out, and the exit status is 1.
    """

    dataset: Path | None = None
    """Labelled images to read: a folder, a .zip or a list, in any of the layouts of `ctckit data
    layouts`, or the address of one; without it, the val.csv of the run."""
    csv: Path | None = None
    """The same as --dataset."""
    predictions: Path | None = None
    """Where to save the predictions (CSV; picture and report go beside it); without it, in the
    run's report/, or beside the images."""
    ignore_case: bool = False
    """Upper and lower case count as the same."""
    ignore: str | None = None
    """Characters that do not count, such as ' -': they are taken out before texts are compared."""
    empty_labels: str = "leave-out"
    """What becomes of images with an empty label: leave-out, or keep, as a model that has learned
    to read nothing always does."""
    unicode_form: str = field(default="NFC", metadata={"flag": False})  # that of the model
    json: bool = False
    """Print the result as one JSON object, the last line on stdout."""

    def __post_init__(self) -> None:
        """Refuse what no model can be judged by."""
        ReaderOptions.__post_init__(self)
        SourceOptions.__post_init__(self)
        if self.dataset is not None and self.csv is not None:
            raise InputError("means the same as --dataset; leave one out", argument="csv")
        Leniency(ignore=self.ignore)

    def run(self) -> None:
        """Do it; exit with status 1 if some images could not be read."""
        task = plan(self.model, self.dataset or self.csv, self.predictions)
        model = self.open(task.model)
        samples, missing = labelled_images(task.source, self._options(model.metadata))
        leniency = self._leniency(model.metadata)
        evaluation = evaluate(
            model, samples, self.batch_size, leniency=leniency, skip_unreadable=True
        )
        evaluation = replace(evaluation, unreadable=[*missing, *evaluation.unreadable])
        tell_records("could not be read", evaluation.unreadable)
        save_report(evaluation, task.report)
        files = {
            "model": task.model, "images": task.source, "predictions": task.report.predictions,
            "picture": task.report.picture, "report": task.report.page,
        }  # fmt: skip
        show(*evaluation_summary(evaluation, files, self.min_confidence))
        if self.json:
            show_json(evaluation_result(evaluation, files))
        if evaluation.unreadable:
            sys.exit(1)

    def _options(self, metadata: ModelMetadata) -> SourceOptions:
        """Return how to understand the source.

        Labels keep their case, and are in the Unicode form of what the model reads.
        """
        given = {item.name: getattr(self, item.name) for item in fields(SourceOptions)}
        of_the_model = {"ignore_case": False, "unicode_form": metadata.unicode_form}
        if metadata.empty_labels == "keep":
            of_the_model["empty_labels"] = "keep"
        return SourceOptions(**(given | of_the_model))

    def _leniency(self, metadata: ModelMetadata) -> Leniency:
        """Return what does not count: a model that knows lower case only is judged in it."""
        return Leniency(self.ignore_case or metadata.ignore_case, self.ignore)


def plan(
    model: Path | None = None, source: Path | None = None, predictions: Path | None = None
) -> Task:
    """Fill in what the command line left open.

    Without a model: the newest run. Without a source: the validation images of the model's run.
    Predictions go to the run's report, or beside a source of one's own.

    Raises:
        InputError: there is no such model or source, or the predictions cannot go there.
    """
    file = newest_run().onnx if model is None else find_model_file(model)
    run = RunFolder(file.parent)
    if source is None and not run.val_csv.is_file():
        raise InputError(
            f"{run.val_csv}: expected a CSV file with the columns image,label, received none; "
            "give labelled images with --dataset, or images without labels with --images"
        )
    if predictions is None and source is None:
        predictions = run.evaluation.predictions
    source = run.val_csv if source is None else fetched(source)
    predictions = predictions or _beside(source)
    taken = predictions.is_dir() or predictions.resolve() == source.resolve()
    if predictions.suffix.lower() != ".csv" or taken:
        raise InputError(
            f"expected a .csv file to write, other than the images, received {predictions}; a "
            "picture of the same name goes beside it",
            argument="predictions",
        )
    return Task(file, source, ReportFiles(predictions))


def _beside(source: Path) -> Path:
    """Return a name for predictions beside a source: photos_predictions.csv for photos/."""
    place = source if source.name not in ("", "..") else source.resolve()
    return place.with_name(f"{place.name if place.is_dir() else place.stem}_predictions.csv")
