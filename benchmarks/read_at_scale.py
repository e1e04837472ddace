"""Two plain processes of `ctckit read`, each with a shard, against Ray on two nodes of one core.

    python -m benchmarks.read_at_scale --dataset captcha_images_v2.zip --model Models/captcha_…

The images are named again and again until there are enough. Both ways run in turns, in pairs, as
commands, each reader with one thread; what they write must be the same to the bit. Told are the
seconds of the whole command, and the images a second without its start and its end: those beyond
2,000, in the seconds that they take more. The nodes are processes on this machine, and run already
when the command begins; a first turn, with few images, is not counted.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.common import as_files, save, table
from ctckit.cli.arguments import parse_arguments
from ctckit.cli.labelled_images import labelled_images
from ctckit.cli.running import require_packages, run_command
from ctckit.log import LOGGER
from ctckit.sources.options import SourceOptions

FEW = 2_000  # images, a part for each reader: what takes the rest of the time is start and end


@dataclass(frozen=True)
class Arguments:
    """The command line."""

    dataset: Path
    """Images to read."""
    model: Path
    """That reads them: an .onnx file, or the folder of a run."""
    images: int = 60_000
    """How many are read each time."""
    turns: int = 3
    """How often each way is timed."""
    output: Path = Path("benchmarks/results/read_at_scale.json")
    """JSON file to write."""


@dataclass(frozen=True)
class Pace:
    """How long a way took.

    Attributes:
        seconds: from the command to its end.
        few_seconds: the same for a few images.
        rate: images a second of all the others.
    """

    seconds: float
    few_seconds: float
    rate: float


def main() -> None:
    """Time both ways in turns."""
    arguments = parse_arguments(Arguments, prog="read_at_scale", description=__doc__)
    require_packages("ray", "pyarrow", "pandas", extra="ray")
    samples = labelled_images(arguments.dataset, SourceOptions())[0]
    with as_files(samples) as files, TemporaryDirectory() as scratch, two_nodes() as address:
        lists = [Path(scratch, f"{count}.txt") for count in (FEW, arguments.images)]
        for each, count in zip(lists, (FEW, arguments.images), strict=True):
            names = islice(cycle(sample.image for sample in files), count)
            each.write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
        words = ["--model", str(arguments.model.absolute()), "--num-threads", "1"]
        ways = {
            "two plain processes": lambda images, out: plain([str(images), *words], out),
            "Ray, two nodes": lambda images, out: by_ray([str(images), *words], out, address),
        }
        paces = {name: [] for name in ways}
        for name, way in ways.items():  # files that are read the first time come from the disk
            timed(way, lists[0], Path(scratch, name))
        for turn in range(arguments.turns):
            outs = [Path(scratch, f"{turn}-{place}") for place in range(len(ways))]
            for (name, way), out in zip(ways.items(), outs, strict=True):
                few, seconds = (timed(way, each, out / each.stem) for each in lists)
                rate = (arguments.images - FEW) / (seconds - few)
                paces[name].append(Pace(seconds, few, rate))
                LOGGER.info("%s: %s", name, paces[name][-1])
            require_same(*(out / lists[-1].stem for out in outs))
    show(paces, arguments)


@contextmanager
def two_nodes() -> Iterator[str]:
    """Start two nodes of one core each while the block lasts; yield the address of their head."""
    from ray.cluster_utils import Cluster

    began = time.monotonic()
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    cluster.add_node(num_cpus=1)
    LOGGER.info("two nodes started in %.1f s", time.monotonic() - began)
    try:
        yield cluster.address
    finally:
        cluster.shutdown()


def plain(words: list[str], out: Path) -> None:
    """Read half of the images in each of two processes."""
    running = [start([*words, "--out", f"{out}/", "--shard", f"{n}/2"]) for n in (1, 2)]
    for process in running:
        wait(process)


def by_ray(words: list[str], out: Path, address: str) -> None:
    """Read them by the cluster."""
    wait(start([*words, "--out", f"{out}/", "--engine", "ray"], RAY_ADDRESS=address))


def start(words: list[str], **environment: str) -> subprocess.Popen:
    """Start `ctckit read`."""
    return subprocess.Popen(
        [sys.executable, "-m", "ctckit", "read", *words],
        env=os.environ | environment, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def wait(process: subprocess.Popen) -> None:
    """Wait for the end of a read, which must be a good one."""
    said = process.communicate()[1]
    if process.returncode:
        raise SystemExit(f"the read ended with status {process.returncode}, and said:\n{said}")


def timed(way: Callable[[Path, Path], None], images: Path, out: Path) -> float:
    """Return the seconds that a way takes to read a list; `out` is a folder that is not there."""
    began = time.monotonic()
    way(images, out)
    return time.monotonic() - began


def require_same(first: Path, second: Path) -> None:
    """Refuse folders whose tables are not equal, row by row, bit by bit."""
    from pyarrow import dataset

    one, other = (
        dataset.dataset(folder, format="parquet").to_table() for folder in (first, second)
    )
    if not one.equals(other):
        raise SystemExit(f"{first} and {second} hold other results")


def show(paces: dict[str, list[Pace]], arguments: Arguments) -> None:
    """Print the medians and the ratios of the pairs, and save all."""
    first, second = paces.values()
    rows = [
        {
            "what": name,
            "seconds of the whole command": f"{median(pace.seconds for pace in each):.1f}",
            f"of one of {FEW:,} images": f"{median(pace.few_seconds for pace in each):.1f}",
            "images a second of the others": f"{median(pace.rate for pace in each):,.0f}",
        }
        for name, each in paces.items()
    ]
    print(table(rows))
    pairs = list(zip(first, second, strict=True))
    rates = [ray.rate / two.rate for two, ray in pairs]
    whole = [two.seconds / ray.seconds for two, ray in pairs]
    print(f"of each pair, images a second: {', '.join(f'{ratio:.2f}' for ratio in rates)}; "
          f"whole command: {', '.join(f'{ratio:.2f}' for ratio in whole)}")  # fmt: skip
    save(
        {
            "images": arguments.images,
            "paces": {name: [vars(pace) for pace in each] for name, each in paces.items()},
            "rate_ratios": rates,
            "whole_ratios": whole,
        },
        arguments.output,
    )


if __name__ == "__main__":
    sys.exit(run_command(main))
