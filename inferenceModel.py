"""Read text with a trained model, and see how well it reads. Needs no TensorFlow.

    python inferenceModel.py                            judge the newest run on its val.csv
    python inferenceModel.py --model FOLDER|FILE.onnx   judge this one
    python inferenceModel.py --csv FILE                 on other labelled images (image,label)
    python inferenceModel.py --images FILE…             print file, text and confidence of each

In Python: ImageToWordModel("Models/…").predict("captcha.png"), from the .onnx file alone.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from ctckit.arguments import parse_arguments
from ctckit.console import run_command
from ctckit.errors import InputError
from ctckit.opencv_check import require_opencv

if __name__ == "__main__" and (status := run_command(require_opencv)):
    sys.exit(status)  # with one clear line, before anything below imports OpenCV

from ctckit.inference import ImageToWordModel, commands, evaluate  # noqa: E402

__all__ = ["ImageToWordModel"]

MODELS_DIR = Path("Models")


@dataclass(frozen=True)
class Arguments:
    """The command line."""

    model: Path | None = None
    """An .onnx file, or the folder of a run; without it, the newest run in Models/."""
    csv: Path | None = None
    """Images and labels to read (columns image,label); without it, the val.csv of the run."""
    images: tuple[Path, ...] | None = None
    """Image files to read: prints file<TAB>text<TAB>confidence for each, and judges nothing."""
    json: bool = False
    """Print the result as one JSON object, the last line on stdout."""
    predictions: Path | None = None
    """Where to save the predictions (CSV; the picture goes beside it); without it, in the run's
    report/, or beside --csv."""
    batch_size: int = 64
    """Images that the network reads at once."""
    num_threads: int = 0
    """Processor threads of the network; 0 takes all cores."""

    def __post_init__(self) -> None:
        if self.batch_size < 1:
            raise InputError(f"--batch-size: expected 1 or more, received {self.batch_size}")
        if self.num_threads < 0:
            raise InputError(f"--num-threads: expected 0 or more, received {self.num_threads}")
        if self.images == ():
            raise InputError("--images: expected at least one file, received none")
        if self.images and (self.csv or self.predictions):
            raise InputError("--images stands alone: leave out --csv and --predictions")


def main() -> None:
    """Do what the command line says."""
    arguments = parse_arguments(Arguments, prog="inferenceModel.py", description=__doc__)
    if arguments.images:
        read_images(arguments)
    else:
        judge(arguments)


def judge(arguments: Arguments) -> None:
    """Read labelled images, count the errors, save the predictions and a picture of them."""
    task = commands.plan(arguments.model, arguments.csv, arguments.predictions, MODELS_DIR)
    model = ImageToWordModel(task.model, num_threads=arguments.num_threads)
    samples = commands.labelled_images(task.csv)
    evaluation = evaluate(model, samples, arguments.batch_size)
    commands.save_report(evaluation, task)
    print(commands.summary(evaluation, task))
    if arguments.json:
        print(json.dumps(commands.result(evaluation, task), ensure_ascii=False))


def read_images(arguments: Arguments) -> None:
    """Print a line for each image; exit with status 1 if some could not be read."""
    file = arguments.model or commands.newest_run(MODELS_DIR).onnx
    model = ImageToWordModel(file, num_threads=arguments.num_threads)
    readings = []
    for image, (text, confidence) in commands.read_each(model, arguments.images):
        print(image, text, f"{confidence:.4f}", sep="\t", flush=True)
        readings.append({"image": str(image), "text": text, "confidence": confidence})
    if arguments.json:
        figures = {"model": str(model.model_path), "images": len(readings), "readings": readings}
        print(json.dumps(figures, ensure_ascii=False))
    if len(readings) < len(arguments.images):
        sys.exit(1)


if __name__ == "__main__":
    sys.exit(run_command(main))
