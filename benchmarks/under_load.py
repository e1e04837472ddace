"""What 300 epochs and 200,000 images read in three ways do to memory, handles and time.

    python -m benchmarks.under_load                                  about 20 minutes
    python -m benchmarks.under_load --images 50000 --epochs 40       about 4 minutes

A small network learns 240 drawn texts, read from their files anew in every epoch, in a process of
`train.py` that is looked at from outside. With it 2,000 other images are read again and again: by
one thread, by four at once with one model, and by `ctckit read` in a folder of as many names. Each
text must be the one that its image gives alone. The second tenth of the looks, when all is warm, is
compared with the last one. Where other programs share the machine, the time on the processor says
what an epoch costs.
"""

import csv
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import IO

import psutil

from benchmarks.common import save, table
from benchmarks.rendered import variable_length
from ctckit.cli.arguments import parse_arguments
from ctckit.cli.running import run_command
from ctckit.inference.reader import ImageToWordModel
from ctckit.log import LOGGER
from ctckit.run_folder import RunFolder
from ctckit.sources.unlabelled import list_images

ROOT = Path(__file__).parents[1]
SMALL = ["--height", "16", "--width-multiplier", "0.25", "--augment", "light", "--no-use-cache"]
ALLOWED_MB = 20.0  # that memory may grow behind the warm-up
ALLOWED_HANDLES = 8  # more, as threads may be about to read just then
EVERY = 50  # images between two looks
PAUSE_S = 0.05  # between two looks at another process


@dataclass(frozen=True)
class Arguments:
    """The command line."""

    images: int = 200_000
    """How many are read, each way."""
    files: int = 2_000
    """Different ones among them."""
    threads: int = 4
    """That read at once."""
    epochs: int = 300
    """Of the training."""
    output: Path = Path("benchmarks/results/under_load.json")
    """JSON file to write."""


@dataclass
class Watch:
    """What a process holds, looked at now and then.

    Attributes:
        process: this one, or another.
        looks: each with the memory in MB, the open handles, the time by the clock and the one on
            the processor, in seconds.
    """

    process: psutil.Process = field(default_factory=psutil.Process)
    looks: list[tuple[float, int, float, float]] = field(default_factory=list)

    def look(self) -> None:
        """Note what the process holds now; nothing if it has just ended."""
        with suppress(psutil.Error):
            used, memory = self.process.cpu_times(), self.process.memory_info().rss / 1e6
            held = self.process.num_handles() if os.name == "nt" else self.process.num_fds()
            if memory:
                self.looks.append((memory, held, time.perf_counter(), used.user + used.system))

    def figures(self) -> dict[str, float]:
        """Compare the end with the warm-up."""
        memory, handles, clock, _ = zip(*self.looks, strict=True)
        (warm, end), (held, left) = _warm_and_end(memory), _warm_and_end(handles)
        return {
            "seconds": round(clock[-1] - clock[0], 1),
            "MB": round(warm, 1),
            "grown_MB": round(end - warm, 1),
            "highest_MB": round(max(memory), 1),
            "handles": held,
            "grown_handles": left - held,
        }

    def epoch_seconds(self) -> dict[str, list[float]]:
        """Return the median seconds between two looks, of each tenth of them."""
        by_clock, on_processor = list(zip(*self.looks, strict=True))[2:]
        return {"wall": _tenths(by_clock), "cpu": _tenths(on_processor)}


def _warm_and_end(values: tuple[float, ...]) -> tuple[float, float]:
    """Return the medians of the second tenth and of the last one."""
    tenth = max(1, len(values) // 10)
    return median(values[tenth : 2 * tenth]), median(values[-tenth:])


def _tenths(moments: tuple[float, ...]) -> list[float]:
    seconds = [after - before for before, after in pairwise(moments)]
    edges = [round(len(seconds) * tenth / 10) for tenth in range(11)]
    return [round(median(seconds[start:end]), 3) for start, end in pairwise(edges)]


def main() -> None:
    """Train, read, and compare."""
    arguments = parse_arguments(Arguments, prog="under_load", description=__doc__)
    with TemporaryDirectory() as scratch:
        run = RunFolder(Path(scratch, "run"))
        learned = variable_length(Path(scratch, "words"), count=240)
        watch = watch_training(learned, run, arguments.epochs)
        training = watch.figures() | {"epoch_seconds": watch.epoch_seconds()}
        words = variable_length(Path(scratch, "others"), count=arguments.files, seed=1)
        reading = read_in_all_ways(run, list_images(words), Path(scratch), arguments)
    rows = {f"train {arguments.epochs} epochs": training} | reading
    print(table([_row(name, figures) for name, figures in rows.items()]))
    for clock, seconds in training["epoch_seconds"].items():
        print(f"seconds of an epoch ({clock}), in each tenth of the training: {seconds}")
    save({"images": arguments.images, "epochs": arguments.epochs, **rows}, arguments.output)
    if bad := [name for name, figures in rows.items() if not _holds(figures)]:
        raise SystemExit(f"memory or handles grow, or texts differ: {', '.join(bad)}")


def watch_training(dataset: Path, run: RunFolder, epochs: int) -> Watch:
    """Train, and look at it from outside whenever an epoch has ended."""
    words = ["--dataset", str(dataset), "--model-path", str(run.path), *SMALL]
    command = [sys.executable, "train.py", *words, "--train-epochs", str(epochs)]
    with run.path.with_suffix(".txt").open("w") as said, started(command, said) as process:
        watch = Watch(psutil.Process(process.pid))
        while process.poll() is None:
            if _epochs_done(run) > len(watch.looks):
                watch.look()
            time.sleep(PAUSE_S)
    if process.returncode or len(watch.looks) < epochs:
        raise SystemExit(run.path.with_suffix(".txt").read_text(encoding="utf-8"))
    return watch


@contextmanager
def started(command: list[str], said: IO[str] | None = None) -> Iterator[subprocess.Popen]:
    """Start a program that ends with the block, also where the block is left by an exception."""
    with subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=said) as process:
        try:
            yield process
        finally:
            process.kill()  # nothing happens to one that has ended


def _epochs_done(run: RunFolder) -> int:
    return run.history.read_text().count("\n") - 1 if run.history.is_file() else 0


def read_in_all_ways(
    run: RunFolder, images: list[str], scratch: Path, arguments: Arguments
) -> dict[str, dict[str, float]]:
    """Return what is to be said of each way to read many images."""
    model = ImageToWordModel(run.path)
    expected = [model.predict(image) for image in images]
    LOGGER.info("%d different texts in %d images", len(set(expected)), len(images))
    figures = {}
    for threads in (1, arguments.threads):
        watch = Watch()
        different = read_again(model, images, expected, arguments.images, threads, watch)
        name = "one by one" if threads == 1 else f"{threads} threads"
        figures[name] = watch.figures() | {"different_texts": different}
    folder = link_again(images, arguments.images, Path(scratch, "folder"))
    watch, texts = read_folder(run, folder, Path(scratch, "texts.csv"))
    wanted = [expected[number % len(images)] for number in range(arguments.images)]
    different = sum(map(str.__ne__, wanted, texts)) + abs(len(wanted) - len(texts))
    figures["ctckit read"] = watch.figures() | {"different_texts": different}
    return figures


def read_again(
    model: ImageToWordModel,
    images: list[str],
    expected: list[str],
    count: int,
    threads: int,
    watch: Watch,
) -> int:
    """Read the images again and again, `count` in all; return how many texts were other ones."""

    def read_share(first: int) -> int:
        different = 0
        for number in range(first, count, threads):
            place = number % len(images)
            different += model.predict(images[place]) != expected[place]
            if number % EVERY == 0:
                watch.look()
        return different

    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(read_share, range(threads)))


def link_again(images: list[str], count: int, folder: Path) -> Path:
    """Make a folder of `count` names for the images, in their order again and again."""
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:07}.png").hardlink_to(images[number % len(images)])
    return folder


def read_folder(run: RunFolder, folder: Path, out: Path) -> tuple[Watch, list[str]]:
    """Return what `ctckit read` held while it read a folder, and the texts."""
    words = ["read", str(folder), "--model", str(run.path), "--out", str(out)]
    with started([sys.executable, "-m", "ctckit", *words]) as process:
        watch = Watch(psutil.Process(process.pid))
        while process.poll() is None:
            watch.look()
            time.sleep(PAUSE_S)
    with out.open(encoding="utf-8", newline="") as file:
        return watch, [row["text"] for row in csv.DictReader(file)]


def _row(name: str, figures: dict[str, float]) -> dict[str, object]:
    return {
        "what": name,
        "seconds": f"{figures['seconds']:.0f}",
        "MB": f"{figures['MB']:.0f}",
        "grown by MB": f"{figures['grown_MB']:+.1f}",
        "handles": f"{figures['handles']:.0f}",
        "grown by": f"{figures['grown_handles']:+.0f}",
        "other texts": figures.get("different_texts", ""),
    }


def _holds(figures: dict[str, float]) -> bool:
    is_steady = abs(figures["grown_MB"]) <= ALLOWED_MB
    is_steady &= figures["grown_handles"] <= ALLOWED_HANDLES
    return is_steady and not figures.get("different_texts", 0)


if __name__ == "__main__":
    sys.exit(run_command(main))
