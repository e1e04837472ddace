"""The folder a run leaves behind, and where everything is in it."""

import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ctckit.console import LOGGER
from ctckit.errors import InputError


@dataclass(frozen=True)
class RunFolder:
    """Paths of a run."""

    path: Path

    @property
    def train_csv(self) -> Path:
        """Images and labels trained on."""
        return self.path / "train.csv"

    @property
    def val_csv(self) -> Path:
        """Images and labels held back."""
        return self.path / "val.csv"

    @property
    def checkpoint(self) -> Path:
        """The best epoch as a Keras model."""
        return self.path / "model.keras"

    @property
    def onnx(self) -> Path:
        """The best epoch as the file to keep."""
        return self.path / "model.onnx"

    @property
    def reader(self) -> Path:
        """The file to keep in the form that takes images of any size and returns text."""
        return self.path / "model.reader.onnx"

    def member(self, index: int) -> "RunFolder":
        """Return the folder of one of several models, counted from 1."""
        return RunFolder(self.path / f"member_{index}")

    @property
    def tensorboard(self) -> Path:
        """Logs for TensorBoard."""
        return self.path / "logs"

    @property
    def report(self) -> Path:
        """Pictures."""
        return self.path / "report"


@contextmanager
def new_run_folder(path: str | Path) -> Iterator[RunFolder]:
    """Create a run folder with its `train.log`; remove it again if nothing comes of it.

    Raises:
        InputError: the folder exists and is not empty, or cannot be written.
    """
    run = RunFolder(Path(path))
    if run.path.exists() and (not run.path.is_dir() or any(run.path.iterdir())):
        raise InputError(
            f"expected a new or empty folder as --model-path, got {run.path}, which holds "
            "something already; choose another name"
        )
    try:
        run.report.mkdir(parents=True)
        log = logging.FileHandler(run.path / "train.log", encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"expected to be able to write the run to {run.path}, got: {error.strerror}; "
            "choose another folder with --model-path"
        ) from None
    log.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    LOGGER.addHandler(log)
    try:
        yield run
    finally:
        LOGGER.removeHandler(log)
        log.close()
        if not any(run.path.rglob(run.checkpoint.name)) and not any(run.report.iterdir()):
            shutil.rmtree(run.path)


def default_run_path(models_dir: Path, name: str, now: datetime) -> Path:
    """Return `<models_dir>/<name>_<YYYYmmdd-HHMMSS>`, the form the newest run is found by."""
    return models_dir / f"{name}_{now:%Y%m%d-%H%M%S}"
