"""The folder a run leaves behind: the name of every file in it."""

import logging
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from shlex import quote

from ctckit.errors import InputError
from ctckit.files import remove_temporaries
from ctckit.images_root import IMAGES_FILE, ImagesRoot
from ctckit.log import LOGGER, LineFormatter

MODELS_DIR = Path("Models")
CONFIGS_FILE = "configs.yaml"
MODEL_FILE = "model.onnx"

_STAMP = re.compile(r"\d{8}-\d{6}(_\d+)?$")


@dataclass(frozen=True)
class ReportFiles:
    """The files of an evaluation, named after the table of its predictions, a .csv."""

    predictions: Path

    @property
    def picture(self) -> Path:
        """A picture of the predictions, beside them."""
        return self.predictions.with_suffix(".png")

    @property
    def figures(self) -> Path:
        """All figures as JSON, beside the predictions: evaluation.json for predictions.csv."""
        stem = self.predictions.stem
        whose = stem.removesuffix("predictions")
        return self.predictions.with_name(
            f"{whose}evaluation.json" if whose != stem else f"{stem}.json"
        )

    @property
    def page(self) -> Path:
        """The report to look at, beside the figures."""
        return self.figures.with_suffix(".html")


@dataclass(frozen=True)
class RunFolder:
    """Paths of a run."""

    path: Path

    @property
    def configs(self) -> Path:
        """Every setting, also those chosen from the data."""
        return self.path / CONFIGS_FILE

    @property
    def log(self) -> Path:
        """What the terminal showed."""
        return self.path / "train.log"

    @property
    def train_csv(self) -> Path:
        """Images and labels trained on."""
        return self.path / "train.csv"

    @property
    def val_csv(self) -> Path:
        """Images and labels held back to choose the epoch."""
        return self.path / "val.csv"

    @property
    def test_csv(self) -> Path:
        """Images and labels that came as a part to judge by in the end."""
        return self.path / "test.csv"

    @property
    def images(self) -> Path:
        """The folder that these lists name their images relative to."""
        return self.path / IMAGES_FILE

    @property
    def history(self) -> Path:
        """The figures of every epoch."""
        return self.path / "history.csv"

    @property
    def tensorboard(self) -> Path:
        """Logs for TensorBoard."""
        return self.path / "logs"

    @property
    def checkpoint(self) -> Path:
        """The best epoch as a Keras model."""
        return self.path / "model.keras"

    @property
    def onnx(self) -> Path:
        """The best epoch as the file to keep."""
        return self.path / MODEL_FILE

    @property
    def reader(self) -> Path:
        """The file to keep in the form that takes images of any size and returns text."""
        return self.smaller("reader")

    def smaller(self, form: str) -> Path:
        """Return the file to keep in another form, such as "float16"."""
        return file_of_form(self.onnx, form)

    def member(self, index: int) -> "RunFolder":
        """Return the folder of one of several models, counted from 1."""
        return RunFolder(self.path / f"member_{index}")

    @property
    def state(self) -> Path:
        """The folder of what an unfinished run needs to go on; there is none behind a finished."""
        return self.path / "state"

    @property
    def dataset(self) -> Path:
        """What the run learns from, besides the lists of images."""
        return self.state / "dataset.json"

    def state_of(self, model: str) -> Path:
        """Return the file that holds the state of one training of the run, such as "model_1"."""
        return self.state / f"{model}.npz"

    @property
    def ended_early(self) -> Path:
        """An empty file: somebody ended the training, which can be gone on with."""
        return self.state / "ended_early"

    @property
    def drawing(self) -> Path:
        """What the images of a base are drawn from."""
        return self.path / "drawing.json"

    @property
    def is_base(self) -> bool:
        """Whether it has learned from drawn texts, and does not know how wide characters are."""
        return self.drawing.is_file()

    @property
    def is_unfinished(self) -> bool:
        """Whether it can be gone on with."""
        is_begun = self.dataset.is_file() or (self.state.is_dir() and self.is_base)
        return is_begun and self.configs.is_file()

    @property
    def resume_command(self) -> str:
        """What to type to go on with the run; the recipe is that of the folder one stands in."""
        program = "python train.py" if Path("train.py").is_file() else "ctckit train"
        if self.is_base:
            program = "ctckit base train"
        return f"{program} --resume {quote(str(self.path))}"

    @property
    def card(self) -> Path:
        """What to know of the model, as the Hugging Face Hub shows it."""
        return self.path / "README.md"

    @property
    def report(self) -> Path:
        """Pictures and figures."""
        return self.path / "report"

    @property
    def evaluation(self) -> ReportFiles:
        """How well the validation images are read."""
        return ReportFiles(self.report / "predictions.csv")

    @property
    def test_evaluation(self) -> ReportFiles:
        """How well the images of the test part are read."""
        return ReportFiles(self.report / "test_predictions.csv")

    @property
    def training_samples(self) -> Path:
        """Images as the network saw them."""
        return self.report / "training_samples.png"

    @property
    def learning_curves(self) -> Path:
        """Losses and error rates over the epochs."""
        return self.report / "learning_curves.png"

    @property
    def progress(self) -> Path:
        """How a training goes, as a page that reloads itself."""
        return self.report / "progress.html"

    @property
    def out_of_fold(self) -> Path:
        """What was read of each image by models that never saw it."""
        return self.report / "out_of_fold.csv"

    @property
    def label_errors(self) -> Path:
        """Labels that look wrong; a picture of the first ones goes beside it."""
        return self.report / "label_errors.csv"


@contextmanager
def new_run_folder(path: str | Path) -> Iterator[RunFolder]:
    """Create a run folder with its log; remove it again if nothing comes of it.

    While the block lasts, no other process can go on with the run. The state is removed when the
    block ends without an error, unless the training was `ended_early`.

    Raises:
        InputError: the folder exists and is not empty, or cannot be written.
    """
    run = RunFolder(Path(path))
    if run.is_unfinished:
        raise InputError(
            f"expected a new or empty folder, received {run.path}, which holds an unfinished run; "
            f"go on with it by {run.resume_command}, or choose another name",
            argument="model_path",
        )
    if run.path.exists() and (not run.path.is_dir() or any(run.path.iterdir())):
        raise InputError(
            f"expected a new or empty folder, received {run.path}, which holds something already; "
            "choose another name",
            argument="model_path",
        )
    try:
        run.report.mkdir(parents=True)
        run.state.mkdir()
    except OSError as error:
        raise _cannot_write(run, error) from None
    with _at_work(run):
        yield run


@contextmanager
def unfinished_run_folder(path: str | Path) -> Iterator[RunFolder]:
    """Lend the folder of a run that did not come to its end, as `new_run_folder` does a new one.

    Raises:
        InputError: there is no such run, or another process is at work on it.
    """
    run = RunFolder(Path(path))
    if not run.is_unfinished:
        what = "a finished one" if run.onnx.is_file() else "a folder without the state of one"
        what = what if run.path.is_dir() else "no folder"
        raise InputError(
            f"expected the folder of an unfinished run, received {what}: {run.path}; "
            "begin a new run, from the settings of this one by --config",
            argument="resume",
        )
    with _at_work(run):
        yield run


@contextmanager
def _at_work(run: RunFolder) -> Iterator[None]:
    """Log into the folder, which no other process may work on; clear away what is not needed."""
    from ctckit.locks import held  # here: whoever reads one image holds nothing

    try:
        with held(run.state / "lock", what=f"the run {run.path}"):
            remove_temporaries(run.path)
            run.ended_early.unlink(missing_ok=True)
            log = _log_into(run)
            try:
                yield
            except BaseException:
                if run.is_unfinished:
                    LOGGER.info("what was learned is kept; to go on: %s", run.resume_command)
                raise
            finally:
                LOGGER.removeHandler(log)
                log.close()
        if not run.ended_early.exists():
            shutil.rmtree(run.state)
    finally:
        files = [*run.path.rglob(run.checkpoint.name), *run.report.glob("*")]
        if not files and not any(run.state.glob("*.npz")):
            shutil.rmtree(run.path)


class _RunLog(logging.FileHandler):
    """The log of a run; where it cannot be written that is said, once, not each time at length."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Say it and stop."""
        LOGGER.removeHandler(self)
        LOGGER.error("from here on without %s: %s", self.baseFilename, sys.exception())


def _log_into(run: RunFolder) -> logging.Handler:
    """Return a handler that adds to the log of the run, whose last line is whole."""
    try:
        if run.log.is_file():
            _cut_torn_line(run.log)
        log = _RunLog(run.log, encoding="utf-8")
    except OSError as error:
        raise _cannot_write(run, error) from None
    log.setFormatter(LineFormatter("%(asctime)s %(levelname)s %(message)s"))
    LOGGER.addHandler(log)
    return log


def _cut_torn_line(path: Path) -> None:
    """Remove what stands behind the last end of a line: the process died while it wrote that."""
    with path.open("rb+") as file:
        file.truncate(file.read().rfind(b"\n") + 1)


def _cannot_write(run: RunFolder, error: OSError) -> InputError:
    return InputError(
        f"expected to be able to write the run to {run.path}, received: {error.strerror}; "
        "choose another folder",
        argument="model_path",
    )


def file_of_form(model: Path, form: str) -> Path:
    """Return the file beside a model's that holds it in another form, such as "float16"."""
    return model.with_suffix(".tflite" if form == "tflite" else f".{form}.onnx")


def images_roots(csv: str | Path) -> list[Path]:
    """Return the folders that the images of a list in a run folder may be in, the likeliest first.

    The list names its images relative to such a folder. None where the run says nothing of it, as
    those of version 0.2 and before: their lists hold absolute addresses.

    Raises:
        InputError: the run's note of it is damaged.
    """
    run = Path(csv).parent
    root = ImagesRoot.load(run)
    return [] if root is None else root.places(run)


def default_run_path(name: str, now: datetime, models_dir: Path = MODELS_DIR) -> Path:
    """Return `<models_dir>/<name>_<YYYYmmdd-HHMMSS>`, the form the newest run is found by."""
    return models_dir / f"{name}_{now:%Y%m%d-%H%M%S}"


def new_default_run_path(name: str, now: datetime, models_dir: Path = MODELS_DIR) -> Path:
    """Make the folder `default_run_path` for this process alone; `_2` … follow where it exists.

    Raises:
        InputError: it cannot be made.
    """
    first = default_run_path(name, now, models_dir)
    for number in count(1):
        path = first if number == 1 else first.with_name(f"{first.name}_{number}")
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise _cannot_write(RunFolder(path), error) from None
        return path
    raise AssertionError("numbers do not end")


def newest_run(models_dir: Path = MODELS_DIR) -> RunFolder:
    """Return the newest run with a model and validation images.

    The time is that in the name of its folder, or else that of the model file.

    Raises:
        InputError: there is none.
    """
    runs = [RunFolder(path) for path in sorted(models_dir.glob("*/"))]
    finished = [run for run in runs if run.onnx.is_file() and run.val_csv.is_file()]
    if not finished:
        raise InputError(
            f"expected a finished run with {MODEL_FILE} and val.csv in {models_dir}/, "
            "received none; train one, or give a model",
            argument="model",
        )
    return max(finished, key=_time_stamp)


def _time_stamp(run: RunFolder) -> tuple[str, float]:
    """Return a key that sorts runs by time, at equal seconds by that of the model file."""
    written = run.onnx.stat().st_mtime
    stamp = _STAMP.search(run.path.name)
    return stamp[0] if stamp else f"{datetime.fromtimestamp(written):%Y%m%d-%H%M%S}", written
