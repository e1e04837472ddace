"""How fast one, two … processes on this machine train together, against the first alone.

    python -m benchmarks.workers --dataset captcha_images_v2.zip --workers 1 2     about 4 minutes

Each number of workers trains in turn by `train.py` itself; counted are the seconds of fitting of
the epochs behind the first, which compiles. On one machine they share its cores: what is lost is
what training together costs.
"""

import csv
import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.common import table
from ctckit.cli.arguments import parse_arguments
from ctckit.cli.running import run_command
from ctckit.errors import InputError

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Arguments:
    """The command line."""

    dataset: str = "captcha_images_v2"
    """Folder, .zip or CSV of images."""
    workers: tuple[int, ...] = (1, 2)
    """Numbers of processes."""
    epochs: int = 6
    """Of each training, 2 or more."""
    turns: int = 2
    """How often each trains."""


def main() -> None:
    """Train with each number in turn; print seconds and ratios."""
    arguments = parse_arguments(Arguments, prog="workers", description=__doc__)
    seconds: dict[int, list[float]] = {number: [] for number in arguments.workers}
    for _ in range(arguments.turns):
        for number in arguments.workers:
            seconds[number].append(seconds_per_epoch(number, arguments))
    first = median(seconds[arguments.workers[0]])
    rows = [
        {
            "Workers": number,
            "Seconds an epoch": ", ".join(f"{one:.2f}" for one in own),
            "Speed": f"{first / median(own):.2f}",
        }
        for number, own in seconds.items()
    ]
    print(table(rows))


def seconds_per_epoch(number: int, arguments: Arguments) -> float:
    """Return how long an epoch takes so many workers, the first one left out."""
    with TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        command = [
            sys.executable, "train.py", "--dataset", arguments.dataset, "--model-path", str(run),
            "--train-epochs", str(arguments.epochs), "--train-workers", "1",
        ]  # fmt: skip
        processes = [
            subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
            for environment in environments(number)
        ]
        statuses = [process.wait() for process in processes]
        if any(statuses):
            raise InputError(
                f"expected {number} workers to train, received the exit statuses {statuses}; "
                "type the command of the benchmark yourself to see why"
            )
        with (run / "history.csv").open() as file:
            times = [float(row["seconds"]) for row in csv.DictReader(file)]
    return (times[-1] - times[0]) / (len(times) - 1)


def environments(number: int) -> list[Mapping[str, str]]:
    """Return the environment of each of so many workers."""
    if number == 1:
        return [os.environ]
    with ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("", 0))) for _ in range(number)]
        cluster = {"worker": [f"localhost:{one.getsockname()[1]}" for one in sockets]}
    tasks = [{"type": "worker", "index": index} for index in range(number)]
    return [
        os.environ | {"TF_CONFIG": json.dumps({"cluster": cluster, "task": task})} for task in tasks
    ]


if __name__ == "__main__":
    sys.exit(run_command(main))
