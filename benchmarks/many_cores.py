"""Measure how many batches 1, 2, 4 … processes make, up to as many as there are cores.

    python -m benchmarks.many_cores                  about 1 minute on 16 cores

Needs no TensorFlow. Images of 50 x 200 are drawn, and come from JPEG files or from the cache, grey,
in batches of 16, varied and not; the best of three passes counts.
"""

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from ctckit.augment import augmentors_of
from ctckit.cli.arguments import parse_arguments
from ctckit.cli.running import run_command
from ctckit.data.samples import Sample
from ctckit.feed.batches import BatchMaker, BatchPlan
from ctckit.feed.cache import CacheRoom
from ctckit.feed.processes import BatchProcesses
from ctckit.feed.stream import in_order
from ctckit.image.steps import image_steps
from ctckit.terminal import show

HEIGHT, WIDTH, BATCH_SIZE = 50, 200, 16
PASSES = 3


@dataclass(frozen=True)
class Arguments:
    """The command line."""

    images: int = 2000
    """In all."""
    epochs: int = 4
    """In each pass."""
    augment: str = "light"
    """How much images are varied, where they are."""


def main() -> None:
    """Draw the images and time each number of processes."""
    arguments = parse_arguments(Arguments, prog="many_cores", description=__doc__)
    cores = os.cpu_count() or 1
    numbers = [2**power for power in range(cores.bit_length()) if 2**power <= cores]
    with TemporaryDirectory() as folder:
        samples = draw(Path(folder), arguments.images)
        show("| batches | processes | batches a second | each, of one alone |", "|---|---|---|---|")
        for augment in (arguments.augment, "none"):
            for is_cached in (False, True):
                alone = 0.0
                for number in numbers:
                    rate = measure(samples, augment, number, arguments.epochs, is_cached=is_cached)
                    alone = alone or rate
                    where = "from the cache" if is_cached else "from the files"
                    show(f"| {augment}, {where} | {number} | {rate:,.0f} | "
                         f"{rate / number / alone:.0%} |")  # fmt: skip


def draw(folder: Path, count: int) -> list[Sample]:
    """Draw numbers on noise as JPEG files."""
    rng = np.random.default_rng(0)
    samples = []
    for number in range(count):
        image = 255 - rng.integers(0, 60, (HEIGHT, WIDTH, 3), np.uint8)
        place, font = (9, 40), cv2.FONT_HERSHEY_SIMPLEX
        cv2.putText(image, f"{number:05}", place, font, 1.4, (20, 20, 20), 2)
        path = folder / f"{number}.jpg"
        cv2.imwrite(str(path), image)
        samples.append(Sample(str(path), ""))
    return samples


def no_label(image: np.ndarray, label: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the image with a label as long as most."""
    return image, np.zeros(8, np.int32)


def measure(
    samples: list[Sample], augment: str, number: int, epochs: int, *, is_cached: bool
) -> float:
    """Return batches a second of so many processes."""
    steps = [*image_steps(height=HEIGHT, width=WIDTH, channels=1), no_label]
    make = BatchMaker(samples, steps, cache=CacheRoom(10**10) if is_cached else None)
    processes = BatchProcesses(make, number, BATCH_SIZE)
    starts = range(0, len(samples), BATCH_SIZE)
    plans = [list(range(start, min(start + BATCH_SIZE, len(samples)))) for start in starts]
    augmentors = augmentors_of(augment)

    def one_pass(epoch: int, times: int) -> float:
        began = time.perf_counter()
        asked = (BatchPlan(plan, 0, epoch, augmentors) for plan in plans * times)
        for _ in in_order(processes, asked, workers=number, ahead=32):
            pass
        return times * len(plans) / (time.perf_counter() - began)

    one_pass(0, 3 * number if is_cached else number)  # starts them, and fills the caches
    return max(one_pass(epoch, epochs) for epoch in range(1, PASSES + 1))


if __name__ == "__main__":
    sys.exit(run_command(main))
