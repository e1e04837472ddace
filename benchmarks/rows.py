"""Measure what takes the longer the more images there are, before and around a training.

    python -m benchmarks.rows                        10,000 to 1,000,000 rows, about 5 minutes
    python -m benchmarks.rows --rows 100000 1000000 10000000

Files are made for up to a million rows, empty ones in folders of a thousand; steps that need them
are not measured for more. Seconds are those that this process was at work; the memory is what a
step adds to that of the process, at its highest. The exponent says how seconds grow with the rows
from the last size but one to the last: 1 is as fast as these.
"""

import gc
import math
import multiprocessing
import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.common import save, table
from ctckit.cli.arguments import parse_arguments
from ctckit.cli.running import run_command
from ctckit.data.check import leave_out_labels
from ctckit.data.groups import key_of_groups
from ctckit.data.kept_looks import KeptLooks, keys_of
from ctckit.data.lists import read_lists, write_lists
from ctckit.data.look import FORM
from ctckit.data.samples import Dataset, Samples
from ctckit.data.split import split_folds, split_samples
from ctckit.feed.batches import BatchMaker, BatchPlan
from ctckit.feed.processes import BatchProcesses
from ctckit.log import progress
from ctckit.run_folder import RunFolder
from ctckit.sources.layouts import open_dataset

if TYPE_CHECKING:
    from ctckit.training.provider import DataProvider

MOST_FILES = 1_000_000
IN_A_FOLDER = 1000
NUM_PROCESSES = 2


@dataclass(frozen=True)
class Arguments:
    """The command line."""

    rows: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    """Of the lists."""
    output: Path = Path("benchmarks/results/rows.json")
    """JSON file to write."""


def main() -> None:
    """Measure each step at each size."""
    arguments = parse_arguments(Arguments, prog="rows", description=__doc__)
    measured: dict[str, dict[int, tuple[float, float]]] = {}
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        make_files(folder, min(MOST_FILES, max(arguments.rows)))
        for number in progress(arguments.rows, "sizes", unit="size"):
            for step, figures in measure(folder, number):
                measured.setdefault(step, {})[number] = figures
    rows = [row(step, figures, arguments.rows) for step, figures in measured.items()]
    print(table(rows))
    save({"rows": list(arguments.rows), "steps": rows}, arguments.output)


def row(
    step: str, figures: dict[int, tuple[float, float]], sizes: Iterable[int]
) -> dict[str, object]:
    """Lay out what was measured of a step: seconds, MB, and how the seconds grow."""
    cells: dict[str, object] = {"step": step}
    for size in sizes:
        cells[f"{size:,}"] = _cell(*figures.get(size, (math.nan, math.nan)))
    *_, fewer, more = [*figures] if len(figures) > 1 else (1, 1)
    growth = figures[more][0] / figures[fewer][0] if fewer != more else math.nan
    exponent = math.log(growth) / math.log(more / fewer) if growth > 0 else math.nan
    return cells | {"exponent": "–" if math.isnan(exponent) else f"{exponent:.2f}"}


def _cell(seconds: float, megabytes: float) -> str:
    parts = [] if math.isnan(seconds) else [f"{seconds:.2f} s"]
    return ", ".join([*parts, *([] if math.isnan(megabytes) else [f"{megabytes:.0f} MB"])]) or "–"


def name_of(number: int) -> str:
    """Return the name of an image, with its folder."""
    return f"images/{number // IN_A_FOLDER:05}/{number:08}.png"


def make_files(folder: Path, count: int) -> None:
    """Make empty images."""
    for number in progress(range(count), "files", unit="file"):
        path = folder / name_of(number)
        if number % IN_A_FOLDER == 0:
            path.parent.mkdir(parents=True)
        path.touch()
        os.utime(path, (0, 0))


def measure(folder: Path, number: int) -> Iterator[tuple[str, tuple[float, float]]]:
    """Yield each step, and the seconds and megabytes that it takes with so many rows."""
    # Here, so that the processes that make batches load no TensorFlow.
    from ctckit.training.callbacks.advice import loss_of_guessing
    from ctckit.training.provider import DataProvider

    names = (f"{folder}/{name_of(n)}" for n in range(number))
    samples = Samples.of((name, f"{n * 7919 % 10**8:08}") for n, name in enumerate(names))
    has_files = number <= MOST_FILES
    if has_files:
        source = folder / f"{number}.csv"
        lines = (f"{name_of(n)},{n * 7919 % 10**8:08}\n" for n in range(number))
        with source.open("w") as file:
            file.write("image,label\n")
            file.writelines(lines)
        dataset, figures = timed(partial(open_dataset, source))
        if dataset.samples != samples:
            raise RuntimeError(f"expected the samples of {source}, received others")
        yield "open the list", figures
        kept = KeptLooks(source)
        _, figures = timed(partial(look_up, kept, samples))
        yield "what is known of the images, kept and found", figures
    (train, val), figures = timed(partial(split_samples, samples, 0.9, 0))
    yield "split", figures
    by_tens = key_of_groups("[0-9]{7}")
    yield (
        "split by groups",
        timed(partial(split_samples, samples, 0.9, 0, group_of=by_tens))[1],
    )
    yield "10 folds", timed(lambda: [*split_folds(samples, 10, 0)])[1]
    found = Dataset("set", samples)
    fit = partial(leave_out_labels, found, num_steps=20, max_length=8, characters="0123456789")
    yield "labels that cannot be learned", timed(fit)[1]
    with TemporaryDirectory() as run:
        folder_of_run = RunFolder(Path(run))
        yield "write the lists of a run", timed(partial(write_lists, folder_of_run, train, val))[1]
        if has_files:
            yield "read them", timed(partial(read_lists, folder_of_run))[1]
    provider, figures = timed(partial(DataProvider, train, [draw], 64))
    yield "a provider", figures
    yield "order of an epoch, plans of all its batches", timed(partial(plan_all, provider))[1]
    yield "the loss of guessing", timed(partial(loss_of_guessing, train, 10))[1]
    yield "to 2 processes that make batches", timed(partial(start_processes, train))[1]
    yield "more in each of them than with one sample", (math.nan, memory_of_process(train))


def look_up(kept: KeptLooks, samples: Samples) -> None:
    """Keep what is known of all images, as a full check does, and find it again."""
    keys = keys_of(samples)
    kept.keep(keys, np.ones(len(keys), FORM))
    kept.find(keys)


def draw(image: str, label: str) -> tuple[np.ndarray, np.ndarray]:
    """Return an image for a sample, whatever it is."""
    return np.zeros((4, 4, 1), np.uint8), np.array([len(label)])


def plan_all(provider: "DataProvider") -> None:
    """Ask which samples the batches of an epoch hold."""
    for step in range(len(provider)):
        provider.plan(1, step)


def start_processes(samples: Samples) -> BatchProcesses:
    """Start processes that make batches of the samples."""
    processes = BatchProcesses(BatchMaker(samples, [draw]), NUM_PROCESSES, 4)
    for _ in range(NUM_PROCESSES + 1):
        processes(BatchPlan([0, len(samples) - 1]))
    return processes


def memory_of_process(samples: Samples) -> float:
    """Return how many MB more each process has than with one sample, shared memory divided."""
    shares = []
    for some in (samples[:1], samples):
        processes = start_processes(some)
        pids = [child.pid for child in multiprocessing.active_children()]
        shares.append(sum(map(_share, pids)) / len(pids))
        del processes  # and they end
        while multiprocessing.active_children():
            time.sleep(0.01)
    return shares[1] - shares[0]


def _share(pid: int) -> float:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = re.search(r"Pss:\s+(\d+)", rollup)
    return int(found[1]) / 1024 if found else math.nan


def timed(step: Callable[[], Any]) -> tuple[Any, tuple[float, float]]:
    """Return what a step returns, its seconds, and the megabytes that it adds at its highest."""
    gc.collect()
    before = resident()
    most, done = [before], threading.Event()

    def watch() -> None:
        while not done.wait(0.005):
            most[0] = max(most[0], resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    began = time.process_time()
    try:
        result = step()
    finally:
        seconds = time.process_time() - began
        done.set()
        watcher.join()
    return result, (seconds, (max(most[0], resident()) - before) / 1e6)


def resident() -> int:
    """Return the bytes of memory that this process has."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE")


if __name__ == "__main__":
    run_command(main)
