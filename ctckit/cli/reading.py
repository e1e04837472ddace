"""Read, judge, describe: the commands of `ctckit`, and of `inferenceModel.py` by flags."""

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from ctckit.cli import commands
from ctckit.errors import InputError
from ctckit.evaluation.evaluation import evaluate
from ctckit.inference.description import describe, description
from ctckit.inference.reader import ImageToWordModel
from ctckit.report.save import save_report
from ctckit.run_folder import MODELS_DIR


@dataclass(frozen=True)
class ReaderOptions:
    """Which model reads, with what, and what is known about the texts."""

    model: Path | None = None
    """An .onnx file, or the folder of a run; without it, the newest run in Models/."""
    pattern: str | None = None
    """Read only texts that match this regular expression, such as '[0-9]{2}[a-z]{3}'."""
    length: str | None = None
    """Read only texts of this many characters, such as 5 or 4-6."""
    lexicon: Path | None = None
    """Read only texts of this file, one a line."""
    min_confidence: float | None = None
    """Mark texts of less confidence, 0 to 1, for a person to look at."""
    provider: str = "cpu"
    """What computes: cpu, or one that the installed onnxruntime has (cuda, coreml, …)."""
    num_threads: int = 0
    """Batches that are read at the same time; 0 takes as many as there are cores."""
    vocab: str | None = None
    """For an .onnx file of another tool: its characters in the order of its classes, the blank
    behind them."""

    def __post_init__(self) -> None:
        """Refuse values that no reader can use."""
        if self.num_threads < 0:
            raise InputError(f"--num-threads: expected 0 or more, received {self.num_threads}")
        if self.min_confidence is not None and not 0 <= self.min_confidence <= 1:
            raise InputError(f"--min-confidence: expected 0 to 1, received {self.min_confidence}")


@dataclass(frozen=True)
class Read:
    """Print file, text and confidence of each image."""

    images: tyro.conf.Positional[tuple[Path, ...]]
    """Image files to read."""
    options: Annotated[ReaderOptions, tyro.conf.OmitArgPrefixes] = field(
        default_factory=ReaderOptions
    )
    json: bool = False
    """Print the result as one JSON object, the last line on stdout."""

    def run(self) -> None:
        """Do it."""
        if not self.images:
            raise InputError("expected at least one image file to read, received none")
        read(self.images, self.options, as_json=self.json)


@dataclass(frozen=True)
class Evaluate:
    """Judge a model on labelled images: figures here, a report beside the predictions."""

    options: Annotated[ReaderOptions, tyro.conf.OmitArgPrefixes] = field(
        default_factory=ReaderOptions
    )
    csv: Path | None = None
    """Images and labels to read (columns image,label); without it, the val.csv of the run."""
    predictions: Path | None = None
    """Where to save the predictions (CSV; picture and report go beside it); without it, in the
    run's report/, or beside --csv."""
    batch_size: int = 16
    """Images that the network reads at once."""
    json: bool = False
    """Print the result as one JSON object, the last line on stdout."""

    def __post_init__(self) -> None:
        """Refuse a batch of nothing."""
        if self.batch_size < 1:
            raise InputError(f"--batch-size: expected 1 or more, received {self.batch_size}")

    def run(self) -> None:
        """Do it."""
        task = commands.plan(self.options.model, self.csv, self.predictions, MODELS_DIR)
        model = open_model(task.model, self.options)
        samples = commands.labelled_images(task.csv)
        evaluation = evaluate(model, samples, self.batch_size)
        save_report(evaluation, task.report)
        print(commands.summary(evaluation, task, self.options.min_confidence))
        if self.json:
            print(json.dumps(commands.result(evaluation, task), ensure_ascii=False))


@dataclass(frozen=True)
class Describe:
    """Print what a model file says about itself."""

    file: tyro.conf.Positional[Path]
    """An .onnx file, or the folder of a run."""
    json: bool = False
    """Print it as one JSON object."""

    def run(self) -> None:
        """Do it."""
        print(json.dumps(describe(self.file)) if self.json else description(self.file))


def open_model(file: Path, options: ReaderOptions) -> ImageToWordModel:
    """Return the model that the options ask for."""
    return ImageToWordModel(
        file,
        constraint=commands.make_constraint(options.pattern, options.length, options.lexicon),
        provider=options.provider,
        num_threads=options.num_threads,
        vocab=options.vocab,
    )


def read(images: tuple[Path, ...], options: ReaderOptions, *, as_json: bool) -> None:
    """Print a line for each image; exit with status 1 if some could not be read."""
    model = open_model(options.model or commands.newest_run(MODELS_DIR).onnx, options)
    threshold = options.min_confidence
    readings = []
    for image, (text, confidence) in commands.read_each(model, images):
        reading = {"image": str(image), "text": text, "confidence": confidence}
        columns = [image, text, f"{confidence:.4f}"]
        if threshold is not None:
            reading["accepted"] = confidence >= threshold
            columns.append("ok" if reading["accepted"] else "look")
        print(*columns, sep="\t", flush=True)
        readings.append(reading)
    if as_json:
        figures = {"model": str(model.model_path), "images": len(readings), "readings": readings}
        print(json.dumps(figures, ensure_ascii=False))
    if len(readings) < len(images):
        sys.exit(1)
