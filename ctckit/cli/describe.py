"""`ctckit describe`: what a model file says about itself."""

from dataclasses import dataclass, field
from pathlib import Path

from ctckit.errors import InputError
from ctckit.inference.description import describe, description
from ctckit.terminal import show, show_json


@dataclass(frozen=True)
class Describe:
    """Print what a model file says about itself."""

    file: Path | None = field(default=None, metadata={"positional": True})
    """An .onnx file, or the folder of a run."""
    json: bool = False
    """Print it as one JSON object."""

    def run(self) -> None:
        """Do it."""
        if self.file is None:
            raise InputError("expected an .onnx file or the folder of a run, received none")
        if self.json:
            show_json(describe(self.file))
        else:
            show(*description(self.file).split("\n"))
