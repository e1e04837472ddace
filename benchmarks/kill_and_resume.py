"""Kill a training again and again, go on with it each time, and compare with a calm one to the bit.

    python -m benchmarks.kill_and_resume                                about 25 minutes
    python -m benchmarks.kill_and_resume --dataset FOLDER --kills 5     your own images

SIGKILL comes while the state is written, while checkpoint and ONNX file are written, while the
report is made, and at moments drawn at random from the time that a calm run takes. Compared are
the weights, `history.csv` less its seconds, `val.csv`, what the ONNX file says of the validation
images, what the report says of each, what TensorBoard shows, and which files there are.
"""

import csv
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory

import keras
import numpy as np

from benchmarks.common import save, table
from benchmarks.rendered import variable_length
from ctckit.cli.arguments import parse_arguments
from ctckit.cli.running import run_command
from ctckit.data.lists import read_lists
from ctckit.inference.reader import ImageToWordModel
from ctckit.log import LOGGER
from ctckit.run_folder import RunFolder
from ctckit.training.events import events_of

ROOT = Path(__file__).parents[1]
# What is being written when the kill comes, by the names that files have until they are whole.
WRITING = {
    "the state": "state/.*.npz",
    "the checkpoint": ".model.*.keras",
    "the ONNX file": ".model.*.onnx",
    "the report": "report/.*",
}
AT_RANDOM = "any moment"


@dataclass(frozen=True)
class Arguments:
    """The command line."""

    dataset: Path | None = None
    """Images to learn from; None: 240 texts of 1 to 10 letters, drawn."""
    kills: int = 20
    """How often the training is killed."""
    train_epochs: int = 6
    """Of the training."""
    seed: int = 0
    """Of the moments."""
    output: Path = Path("benchmarks/results/kill_and_resume.json")
    """JSON file to write."""


def main() -> None:
    """Train calmly, then with kills, and compare."""
    arguments = parse_arguments(Arguments, prog="kill_and_resume", description=__doc__)
    with TemporaryDirectory() as scratch:
        dataset = arguments.dataset or variable_length(Path(scratch, "words"), count=240)
        flags = ["--dataset", str(dataset), "--train-epochs", str(arguments.train_epochs),
                 "--deterministic", "--save-every", "1s"]  # fmt: skip
        calm = RunFolder(Path(scratch, "calm"))
        began = time.monotonic()
        train(flags, calm)
        seconds = time.monotonic() - began
        LOGGER.info("a calm run took %.0f s", seconds)
        rows, ended = [], 0
        moments = list(islice(cycle([*WRITING, AT_RANDOM]), arguments.kills))
        for run, killed in kill_all(moments, seconds, flags, Path(scratch), arguments.seed):
            different = differences(calm, run)
            rows += [{"killed while writing": what, "ended": ended} for what in killed]
            LOGGER.info("run %d, killed %d times: %s", ended, len(killed), different or "the same")
            ended += 1
            if different:
                raise SystemExit(f"differs in {', '.join(different)}")
    counted = {moment: moments.count(moment) for moment in dict.fromkeys(moments)}
    print(table([{"SIGKILL while writing": what, "times": n} for what, n in counted.items()]))
    print(f"{ended} runs came to their end, each the same as the calm one to the bit")
    save({"kills": counted, "runs": ended, "train_epochs": arguments.train_epochs,
          "calm_seconds": round(seconds)}, arguments.output)  # fmt: skip


def train(flags: list[str], run: RunFolder) -> None:
    """Train to the end, from where the run is."""
    wait(start(flags, run), run)


def wait(process: subprocess.Popen, run: RunFolder) -> None:
    """Wait for the end of a training, which must be a good one."""
    if status := process.wait():
        said = _terminal(run).read_text(encoding="utf-8")
        raise SystemExit(f"the training ended with status {status}, and said:\n{said}")


def start(flags: list[str], run: RunFolder) -> subprocess.Popen:
    """Start a training, or go on with it where there is something to go on with."""
    words = ["--resume", str(run.path)] if run.is_unfinished else [*flags, "--model-path",
                                                                  str(run.path)]  # fmt: skip
    with _terminal(run).open("w") as said:
        return subprocess.Popen(
            [sys.executable, "train.py", *words], cwd=ROOT, stdout=said, stderr=said
        )


def _terminal(run: RunFolder) -> Path:
    """Return the file that gets what the last process of a run says."""
    return run.path.with_suffix(".txt")


def kill_all(
    moments: list[str], seconds: float, flags: list[str], scratch: Path, seed: int
) -> Iterator[tuple[RunFolder, list[str]]]:
    """Yield the runs that came to their end, and where each was killed, until all kills are done.

    Args:
        moments: what is being written when the kills come, in their order.
        seconds: that a run takes.
        flags: of the training.
        scratch: where the runs go.
        seed: of the moments at random.
    """
    rng = random.Random(seed)
    number, killed = 1, []
    run = RunFolder(scratch / "run_1")
    left = list(moments)
    while left or killed:
        if not run.is_unfinished and run.path.exists():
            remove(run)  # killed before there was anything to lose
        process = start(flags, run)
        if left and kill_when(process, moment_of(left[0], run, rng.uniform(0, seconds))):
            killed.append(left.pop(0))
            continue
        wait(process, run)
        yield run, killed
        number, killed = number + 1, []
        run = RunFolder(scratch / f"run_{number}")


def moment_of(what: str, run: RunFolder, seconds: float) -> Callable[[], bool]:
    """Return what tells that the moment has come: something is being written, or time is up."""
    if what == AT_RANDOM:
        end = time.monotonic() + seconds
        return lambda: time.monotonic() >= end
    return lambda: any(run.path.glob(WRITING[what]))


def kill_when(process: subprocess.Popen, has_come: Callable[[], bool]) -> bool:
    """Kill a process when the moment has come; return whether it came before the end."""
    while process.poll() is None:
        if has_come():
            process.kill()
            process.wait()
            return True
        time.sleep(0.0005)
    return False


def remove(run: RunFolder) -> None:
    """Remove a folder of a run that had not begun."""
    for path in sorted(run.path.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    run.path.rmdir()


def differences(calm: RunFolder, run: RunFolder) -> list[str]:
    """Return in what a run differs from a calm one; nothing: they are the same to the bit."""
    same = {
        "weights": _same_arrays(*(_weights(one) for one in (calm, run))),
        "history.csv": _history(calm) == _history(run),
        "val.csv": calm.val_csv.read_bytes() == run.val_csv.read_bytes(),
        "outputs of the ONNX file": _same_arrays(*(_outputs(one, calm) for one in (calm, run))),
        "predictions.csv": calm.evaluation.predictions.read_bytes()
        == run.evaluation.predictions.read_bytes(),
        "TensorBoard": _events(calm) == _events(run),
        "files": _names(calm) == _names(run),
    }
    return [name for name, is_same in same.items() if not is_same]


def _weights(run: RunFolder) -> list[np.ndarray]:
    return keras.models.load_model(run.checkpoint).get_weights()


def _history(run: RunFolder) -> list[dict[str, str]]:
    with run.history.open(encoding="utf-8", newline="") as file:
        return [row | {"seconds": ""} for row in csv.DictReader(file)]


def _outputs(run: RunFolder, calm: RunFolder) -> list[np.ndarray]:
    reader = ImageToWordModel(run.onnx)
    images = [sample.image for sample in read_lists(calm)[1]]
    return [chunk.probabilities for chunk in reader.chunks(images, 16)]


def _same_arrays(first: list[np.ndarray], second: list[np.ndarray]) -> bool:
    return len(first) == len(second) and all(map(np.array_equal, first, second))


def _events(run: RunFolder) -> list[tuple]:
    """Return what TensorBoard shows, each value once if all is well."""
    return sorted(
        (file.parent.name, value.tag, event.step, value.SerializeToString())
        for file in run.tensorboard.rglob("events.out.tfevents.*")
        for event in events_of(file)
        for value in event.summary.value
    )


def _names(run: RunFolder) -> list[str]:
    names = (path.relative_to(run.path).as_posix() for path in run.path.rglob("*"))
    return sorted(name for name in names if "tfevents" not in name)


if __name__ == "__main__":
    sys.exit(run_command(main))
