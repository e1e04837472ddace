"""Compare how fast images are read at random from files, and from files that hold very many.

    python -m benchmarks.packed                     100,000 images, about 10 minutes, 3 GB of disk
    python -m benchmarks.packed --images 10000 --reads 2000 --turns 1

Draws JPEG images of about 4.5 KB, packs them, and reads some of them in an order drawn at random,
in batches, as training does: their bytes, and decoded. "Cold" is with nothing of them in memory:
each time is that of a new process, whose libraries are loaded, but no image. As root all that the
system keeps of files is dropped before, names and places too; else only their content, which
flatters single files. array_record is measured where it is installed.
"""

import csv
import json
import os
import random
import statistics
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import cv2
import numpy as np

from ctckit.cli.arguments import parse_arguments
from ctckit.cli.running import run_command
from ctckit.data.samples import Sample
from ctckit.feed.batches import BatchMaker, BatchPlan
from ctckit.feed.processes import BatchProcesses
from ctckit.feed.stream import in_order
from ctckit.files import replace_atomically
from ctckit.image.address import read_bytes, split_address
from ctckit.image.decode import ImageReader
from ctckit.log import progress
from ctckit.sources.layouts import open_dataset
from ctckit.sources.tools.lmdb_writer import write_lmdb

BATCH_SIZE = 64
IN_A_FOLDER = 1000
DROP_CACHES = Path("/proc/sys/vm/drop_caches")
WORKERS = {"1": (1, 0), "2 threads": (2, 0), "2 processes": (2, 2)}  # threads, processes
WAYS = [(False, workers) for workers in WORKERS] + [(True, "1"), (True, "2 processes")]  # decoded?
BY_LIBRARY = (
    "LMDB, by its library"  # what ctckit did before: of a cold image each page is waited for
)


@dataclass(frozen=True)
class Arguments:
    """The command line."""

    images: int = 100_000
    """In all."""
    reads: int = 10_000
    """Of them, each time."""
    turns: int = 3
    """How often each is read; the median counts."""
    folder: Path | None = None
    """Where they are made; None: a temporary folder."""
    output: Path = Path("benchmarks/results/packed.json")
    """JSON file to write."""


class Job(NamedTuple):
    """What is read, and how."""

    store: str
    images: list[str]
    warm_image: str
    is_decoded: bool
    workers: str
    folder: str


def main() -> None:
    """Make the images, pack them, read them."""
    arguments = parse_arguments(Arguments, prog="packed", description=__doc__)
    with TemporaryDirectory(dir=arguments.folder) as folder:
        stores, facts = make_stores(Path(folder), arguments.images)
        print(table(facts))
        rows = measure_all(stores, Path(folder), arguments)
    print(table(rows))
    with replace_atomically(arguments.output) as file:
        result = {"images": arguments.images, "reads": arguments.reads, "cores": os.cpu_count(),
                  "dropped": dropped_by(), "stores": facts, "rows": rows}  # fmt: skip
        file.write_text(json.dumps(result, indent=2))


def make_stores(folder: Path, count: int) -> tuple[dict[str, list[str]], list[dict[str, object]]]:
    """Return the addresses of the images in each store, and what each store takes."""
    loose = folder / "loose"
    draw_images(loose, count)
    samples = open_dataset(loose).samples
    pack: dict[str, Callable[[list[Sample], Path], Path]] = {
        "zip, not compressed": pack_zip, "LMDB": pack_lmdb,
    }  # fmt: skip
    if find_spec("array_record"):
        pack["array_record"] = pack_array_record
    else:
        print("array_record is left out: pip install array_record")
    stores = {"single files": [image for image, _ in samples]}
    facts: list[dict[str, object]] = [
        {"store": "single files", "MB on disk": on_disk(loose), "seconds to pack": "",
         "seconds to open, cold": opened_cold(loose, folder)}
    ]  # fmt: skip
    for name, write in pack.items():
        began = time.perf_counter()
        file = write(list(samples), folder / name.split(",")[0])
        fact = {"store": name, "MB on disk": on_disk(file),
                "seconds to pack": f"{time.perf_counter() - began:.1f}"}  # fmt: skip
        is_ours = name != "array_record"
        fact["seconds to open, cold"] = opened_cold(file, folder) if is_ours else ""
        facts.append(fact)
        stores[name] = addresses(file, count, samples)
    stores[BY_LIBRARY] = stores["LMDB"]
    return stores, facts


def draw_images(folder: Path, count: int) -> None:
    """Draw texts on noise, in folders of a thousand, with a list of them."""
    rng = random.Random(0)
    noise = np.random.default_rng(0).integers(0, 60, (400, 600, 3), np.uint8)
    rows = []
    for number in progress(range(count), "draw", unit="image"):
        text = "".join(rng.choices("abcdefgh2345", k=6))
        top, left = rng.randrange(336), rng.randrange(400)
        image = 255 - noise[top : top + 64, left : left + 200]
        cv2.putText(image, text, (5, 45), cv2.FONT_HERSHEY_SIMPLEX, 1.4, (20, 20, 20), 2)
        quality = [cv2.IMWRITE_JPEG_QUALITY, rng.randrange(60, 90)]
        name = f"{number // IN_A_FOLDER:03}/{number:07}.jpg"
        path = folder / name
        if number % IN_A_FOLDER == 0:
            path.parent.mkdir(parents=True)
        path.write_bytes(cv2.imencode(".jpg", image, quality)[1].tobytes())
        rows.append((name, text))
    with (folder / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("image", "label"), *rows])


def pack_zip(samples: list[Sample], path: Path) -> Path:
    """Put the files into an archive, and a list of them."""
    path = path.with_suffix(".zip")
    loose = Path(samples[0].image).parents[1]
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(loose / "labels.csv", "labels.csv")
        for image, _ in samples:
            archive.write(image, Path(image).relative_to(loose))
    return path


def pack_lmdb(samples: list[Sample], path: Path) -> Path:
    """Pack as `ctckit data convert` does."""
    return write_lmdb(samples, path.with_suffix(".lmdb"))


def pack_array_record(samples: list[Sample], path: Path) -> Path:
    """Write one record for each image, each to be read by itself."""
    from array_record.python.array_record_module import ArrayRecordWriter

    path = path.with_suffix(".array_record")
    writer = ArrayRecordWriter(str(path), "group_size:1,uncompressed")
    for image, _ in samples:
        writer.write(read_bytes(image))
    writer.close()
    return path


def addresses(file: Path, count: int, samples: list[Sample]) -> list[str]:
    """Return the addresses of the images in a file, in the order of `samples`."""
    if file.suffix == ".array_record":
        return [f"{file}!{number}" for number in range(count)]
    if file.suffix == ".lmdb":
        return [f"{file}!image-{number:09}" for number in range(1, count + 1)]
    loose = Path(samples[0].image).parents[1]
    return [f"{file}!{Path(image).relative_to(loose).as_posix()}" for image, _ in samples]


def on_disk(path: Path) -> str:
    """Return the megabytes that the disk gives a file, or a folder."""
    paths = [path, *path.rglob("*")] if path.is_dir() else [path]
    return f"{sum(each.stat().st_blocks for each in paths) * 512 / 1e6:,.0f}"


def drop_caches(folder: Path) -> None:
    """Let the system forget what it keeps of files."""
    os.sync()
    if os.geteuid() == 0:
        DROP_CACHES.write_text("3")
        return
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def dropped_by() -> str:
    """Say what `drop_caches` does."""
    return str(DROP_CACHES) if os.geteuid() == 0 else "posix_fadvise"


def measure_all(
    stores: dict[str, list[str]], folder: Path, arguments: Arguments
) -> list[dict[str, object]]:
    """Read from every store in every way, in turns; return a row for each."""
    count = len(stores["single files"])
    order = np.random.default_rng(0).permutation(count)[: arguments.reads]
    warm_image = folder / "warm.jpg"
    warm_image.write_bytes(read_bytes(stores["single files"][0]))
    jobs = [
        Job(store, [images[place] for place in order], str(warm_image), is_decoded, workers,
            str(folder))
        for is_decoded, workers in WAYS for store, images in stores.items()
    ]  # fmt: skip
    found: dict[int, list[tuple[float, float]]] = {place: [] for place in range(len(jobs))}
    for _ in progress(range(arguments.turns), "turns", unit="turn"):
        for place, job in enumerate(jobs):
            found[place].append(in_new_process(rates, job))
    rows: list[dict[str, object]] = []
    of_files = 1.0
    for place, job in enumerate(jobs):
        cold, warm = (statistics.median(each) for each in zip(*found[place], strict=True))
        of_files = cold if job.store == "single files" else of_files
        each_cold = sorted(cold for cold, _ in found[place])
        rows.append({
            "what": "decoded" if job.is_decoded else "bytes", "workers": job.workers,
            "store": job.store, "cold, images/s": f"{cold:,.0f}",
            "from … to": f"{each_cold[0]:,.0f} … {each_cold[-1]:,.0f}",
            "times single files": f"{cold / of_files:.1f}", "warm, images/s": f"{warm:,.0f}",
        })  # fmt: skip
    return rows


def in_new_process(function: Callable[..., Any], *arguments: object) -> Any:
    """Call a function where nothing is open."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def opened_cold(source: Path, folder: Path) -> str:
    """Return how many seconds it takes to list the images of a source."""
    return f"{in_new_process(seconds_to_open, source, folder):.2f}"


def seconds_to_open(source: Path, folder: Path) -> float:
    """List the images of a source that is not in memory."""
    drop_caches(folder)
    began = time.perf_counter()
    open_dataset(source)
    return time.perf_counter() - began


def rates(job: Job) -> tuple[float, float]:
    """Return images a second, cold and then warm."""
    cv2.setNumThreads(1)
    samples = [Sample(image, "") for image in [*job.images, job.warm_image]]
    step = Decoded() if job.is_decoded else count_bytes
    kinds = {"array_record": RecordBatches, BY_LIBRARY: LibraryBatches}
    make: Any = kinds.get(job.store, BatchMaker)(samples, [step])
    threads, processes = WORKERS[job.workers]
    if processes:
        make = BatchProcesses(make, processes, BATCH_SIZE)
    begin = [BatchPlan([len(job.images)] * BATCH_SIZE)] * 8  # starts processes, loads libraries
    for _ in in_order(make, begin, workers=threads, ahead=4):
        pass
    drop_caches(Path(job.folder))
    seconds = []
    for _ in ("cold", "warm"):
        began = time.perf_counter()
        for _ in in_order(make, plans(len(job.images)), workers=threads, ahead=8):
            pass
        seconds.append(time.perf_counter() - began)
    cold, warm = (len(job.images) / each for each in seconds)
    return cold, warm


def plans(count: int) -> Iterator[BatchPlan]:
    """Yield a plan for each batch: the images come in an order drawn before."""
    for start in range(0, count, BATCH_SIZE):
        yield BatchPlan(list(range(start, min(count, start + BATCH_SIZE))))


def count_bytes(image: str | bytes, label: str) -> tuple[np.ndarray, np.ndarray]:
    """Read an image, and say only how large its file is."""
    content = image if isinstance(image, bytes) else read_bytes(image)
    return np.array([len(content)]), np.zeros(1, np.int32)


class Decoded:
    """Read an image as training does."""

    def __init__(self) -> None:
        self._reader = ImageReader(channels=3)

    def __call__(self, image: str | bytes, label: str) -> tuple[np.ndarray, np.ndarray]:
        """Return pixels, and nothing for the label."""
        return self._reader(image, label)[0], np.zeros(1, np.int32)


class RecordBatches(BatchMaker):
    """The images of a batch are asked for at once, as array_record can be."""

    def __call__(self, plan: BatchPlan, empty: Callable[..., np.ndarray] = np.empty) -> Any:
        """Return the batch."""
        places = [split_record(self._samples[position].image) for position in plan.positions]
        if places[0] is None:
            return super().__call__(plan, empty)
        contents = record_reader(places[0][0]).read([number for _, number in places])
        made = [self._steps[0](content, "") for content in contents]
        return np.stack([image for image, _ in made]), np.stack([label for _, label in made])


class LibraryBatches(BatchMaker):
    """The images are read by the package `lmdb`, one by one."""

    def __call__(self, plan: BatchPlan, empty: Callable[..., np.ndarray] = np.empty) -> Any:
        """Return the batch."""
        made = []
        for position in plan.positions:
            image = self._samples[position].image
            place = split_address(image)
            if place is not None:
                with library_file(place[0]).begin() as transaction:
                    image = transaction.get(place[1].encode())
            made.append(self._steps[0](image, ""))
        return np.stack([image for image, _ in made]), np.stack([label for _, label in made])


def split_record(address: str) -> tuple[str, int] | None:
    """Return file and number of a record, None for an image of its own."""
    file, _, number = address.rpartition("!")
    return (file, int(number)) if file.endswith(".array_record") else None


@cache
def record_reader(file: str) -> Any:
    """Return what reads from a file of records in this process."""
    from array_record.python.array_record_module import ArrayRecordReader

    return ArrayRecordReader(file, "readahead_buffer_size:0")


@cache
def library_file(file: str) -> Any:
    """Return an LMDB file, opened by its library in this process."""
    import lmdb

    return lmdb.open(file, subdir=False, readonly=True, lock=False, readahead=False)


def table(rows: list[dict[str, Any]]) -> str:
    """Lay out rows of the same keys as a Markdown table."""
    cells = [list(rows[0]), ["---"] * len(rows[0]), *(list(row.values()) for row in rows)]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in cells)


if __name__ == "__main__":
    sys.exit(run_command(main))
