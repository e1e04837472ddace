"""How fast one, two … processes on this machine train together, and how the first alone does.

    python -m benchmarks.workers --dataset captcha_images_v2.zip --workers 1 2

Each number of workers trains in turn, `--repeat` times, by `train.py` itself; counted are the
seconds of fitting of the epochs behind the first, which compiles. On one machine they share its
cores: what is lost is what training together costs.
"""

import argparse
import csv
import json
import os
import socket
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="captcha_images_v2")
    parser.add_argument("--workers", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("flags", nargs="*", help="further flags of train.py, behind --")
    arguments = parser.parse_args()
    seconds: dict[int, list[float]] = {number: [] for number in arguments.workers}
    for _ in range(arguments.repeat):
        for number in arguments.workers:
            seconds[number].append(seconds_per_epoch(number, arguments))
    base = median(seconds[arguments.workers[0]])
    print("| Workers | Seconds an epoch | Speed |\n|---|---|---|")
    for number, own in seconds.items():
        every = ", ".join(f"{one:.2f}" for one in own)
        print(f"| {number} | {every} | {base / median(own):.2f} |")


def seconds_per_epoch(number: int, arguments: argparse.Namespace) -> float:
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        command = [
            sys.executable, "train.py", "--dataset", arguments.dataset, "--model-path", str(run),
            "--train-epochs", str(arguments.epochs), "--train-workers", "1", *arguments.flags,
        ]  # fmt: skip
        processes = [
            subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
            for environment in environments(number)
        ]
        if any([process.wait() for process in processes]):
            sys.exit(f"a training of {number} workers failed")
        with (run / "history.csv").open() as file:
            times = [float(row["seconds"]) for row in csv.DictReader(file)]
    return (times[-1] - times[0]) / (len(times) - 1)


def environments(number: int) -> list[dict[str, str]]:
    if number == 1:
        return [dict(os.environ)]
    with ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("", 0))) for _ in range(number)]
        cluster = {"worker": [f"localhost:{one.getsockname()[1]}" for one in sockets]}
    tasks = [{"type": "worker", "index": index} for index in range(number)]
    return [
        os.environ | {"TF_CONFIG": json.dumps({"cluster": cluster, "task": task})} for task in tasks
    ]


if __name__ == "__main__":
    main()
