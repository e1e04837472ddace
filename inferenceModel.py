"""Read text with a trained model, and see how well it reads. Needs no TensorFlow.

    python inferenceModel.py                            judge the newest run on its val.csv
    python inferenceModel.py --model FOLDER|FILE.onnx   judge this one
    python inferenceModel.py --csv FILE                 on other labelled images (image,label)
    python inferenceModel.py --images FILE…             print file, text and confidence of each
    python inferenceModel.py --describe FILE.onnx       what a model file says about itself

In Python: ImageToWordModel("Models/…").predict("captcha.png"), from the .onnx file alone.
"""

import sys
from dataclasses import dataclass, fields
from pathlib import Path

from ctckit.cli.arguments import parse_arguments
from ctckit.cli.running import require_opencv, run_command
from ctckit.errors import InputError

if __name__ == "__main__" and (status := run_command(require_opencv)):
    sys.exit(status)  # with one clear line, before anything below imports OpenCV

from ctckit.cli.reading import Describe, Evaluate, Read, ReaderOptions  # noqa: E402
from ctckit.inference.reader import ImageToWordModel  # noqa: E402

__all__ = ["ImageToWordModel"]

# What goes with a flag that stands for another command than judging.
COMPANIONS = {
    "describe": {"json"},
    "images": {"json", *(option.name for option in fields(ReaderOptions))},
}


@dataclass(frozen=True)
class Arguments(ReaderOptions):
    """The command line."""

    csv: Path | None = None
    """Images and labels to read (columns image,label); without it, the val.csv of the run."""
    images: tuple[Path, ...] | None = None
    """Image files to read: prints file<TAB>text<TAB>confidence for each, and judges nothing."""
    describe: Path | None = None
    """An .onnx file, or the folder of a run, to describe."""
    json: bool = False
    """Print the result as one JSON object, the last line on stdout."""
    predictions: Path | None = None
    """Where to save the predictions (CSV; picture and report go beside it); without it, in the
    run's report/, or beside --csv."""
    batch_size: int = 16
    """Images that the network reads at once."""

    def __post_init__(self) -> None:
        """Refuse what does not go together."""
        super().__post_init__()
        if self.images == ():
            raise InputError("--images: expected at least one file, received none")
        given = [item.name for item in fields(self) if getattr(self, item.name) != item.default]
        for command, companions in COMPANIONS.items():
            useless = [name for name in given if name not in {command, *companions}]
            if command in given and useless:
                flags = ", ".join(f"--{name.replace('_', '-')}" for name in useless)
                raise InputError(
                    f"--{command} does not go with {flags}; leave one or the other out"
                )

    def command(self) -> Describe | Read | Evaluate:
        """Return the command of `ctckit` that these flags stand for."""
        if self.describe:
            return Describe(self.describe, json=self.json)
        if self.images:
            return Read(self.images, self, json=self.json)
        return Evaluate(self, self.csv, self.predictions, self.batch_size, json=self.json)


def main() -> None:
    """Do what the command line says."""
    parse_arguments(Arguments, prog="inferenceModel.py", description=__doc__).command().run()


if __name__ == "__main__":
    sys.exit(run_command(main))
