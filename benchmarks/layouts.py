"""Measure how long it takes to open a list of 100,000 images, and how much memory.

    python -m benchmarks.layouts                     every layout that is a list, about 2 minutes
    python -m benchmarks.layouts --rows 10000

Makes empty image files and, for each layout, a list of them; each list is opened in a process of
its own. The memory is what opening adds to that of the started program; Linux tells it.
"""

import csv
import json
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.common import save, table
from ctckit.cli.arguments import parse_arguments
from ctckit.cli.running import run_command
from ctckit.data.samples import Sample
from ctckit.log import progress
from ctckit.sources.tools.lmdb_writer import write_lmdb

Pairs = list[tuple[str, str]]

OPEN = """
import json, re, sys, time
from pathlib import Path
from ctckit.sources.layouts import open_dataset
# Not ru_maxrss, which a started process has of the one that started it.
peak = lambda: int(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
before, began = peak(), time.perf_counter()
dataset = open_dataset(sys.argv[1])
seconds = time.perf_counter() - began
print(json.dumps([dataset.layout, len(dataset.everything), seconds, peak() - before]))
"""


@dataclass(frozen=True)
class Arguments:
    """The command line."""

    rows: int = 100_000
    """Of each list."""
    turns: int = 3
    """How often each is opened; the best counts."""
    output: Path = Path("benchmarks/results/layouts.json")
    """JSON file to write."""


def main() -> None:
    """Make the lists and open each."""
    arguments = parse_arguments(Arguments, prog="layouts", description=__doc__)
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        pairs = draw_pairs(folder, arguments.rows)
        rows = [
            measure(write(folder, pairs), arguments)
            for write in progress(WRITERS, "layouts", unit="layout")
        ]
    print(table(rows))
    save({"rows": arguments.rows, "layouts": rows}, arguments.output)


def draw_pairs(folder: Path, count: int) -> Pairs:
    """Make empty images in `folder`/images and return their names with labels."""
    rng = random.Random(0)
    (folder / "images").mkdir()
    pairs = [
        (f"images/{i:06}.png", "".join(rng.choices("abcdefgh2345", k=6))) for i in range(count)
    ]
    for image, _ in progress(pairs, "images", unit="image"):
        (folder / image).touch()
    return pairs


def measure(source: Path, arguments: Arguments) -> dict[str, object]:
    """Open a list some times, each in a process of its own; return the best."""
    results = []
    for _ in range(arguments.turns):
        command = [sys.executable, "-c", OPEN, str(source)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        results.append(json.loads(done.stdout))
    layout, count, _, memory = results[0]
    assert count == arguments.rows, f"{source}: opened {count} of {arguments.rows}"  # noqa: S101
    seconds = min(result[2] for result in results)
    return {"list": source.name, "layout": layout.partition(":")[0], "seconds": f"{seconds:.2f}",
            "MB more": f"{memory:.0f}"}  # fmt: skip


def write_csv(folder: Path, pairs: Pairs) -> Path:
    """Write a CSV with a header."""
    return _table(folder / "labels.csv", [("image", "label"), *pairs], ",")


def write_tabs(folder: Path, pairs: Pairs) -> Path:
    """Write a list of PaddleOCR or DTRB."""
    return _table(folder / "rec_gt.txt", pairs, "\t")


def write_metadata(folder: Path, pairs: Pairs) -> Path:
    """Write a CSV of Hugging Face."""
    return _table(folder / "metadata.csv", [("file_name", "text"), *pairs], ",")


def write_jsonl(folder: Path, pairs: Pairs) -> Path:
    """Write JSON lines."""
    return _text(folder / "set.jsonl", (json.dumps({"file": i, "text": t}) for i, t in pairs))


def write_doctr(folder: Path, pairs: Pairs) -> Path:
    """Write the labels of docTR."""
    names = {image.removeprefix("images/"): label for image, label in pairs}
    return _text(folder / "labels.json", [json.dumps(names)])


def write_cvat(folder: Path, pairs: Pairs) -> Path:
    """Write an export of CVAT."""
    return _text(folder / "gt.txt", (f'{image}, "{label}"' for image, label in pairs))


def write_label_studio(folder: Path, pairs: Pairs) -> Path:
    """Write an export of Label Studio."""
    tasks = [
        {"id": i, "data": {"image": f"/data/local-files/?d={image}"}, "annotations": [
            {"id": i, "result": [{"type": "textarea", "from_name": "text", "to_name": "image",
                                  "value": {"text": [label]}}]}]}
        for i, (image, label) in enumerate(pairs)
    ]  # fmt: skip
    return _text(folder / "project.json", [json.dumps(tasks)])


def write_label_studio_min(folder: Path, pairs: Pairs) -> Path:
    """Write the smaller export of Label Studio."""
    tasks = [
        {"id": i, "image": f"/data/local-files/?d={image}", "text": label, "annotation_id": i}
        for i, (image, label) in enumerate(pairs)
    ]
    return _text(folder / "project_min.json", [json.dumps(tasks)])


def write_set_lmdb(folder: Path, pairs: Pairs) -> Path:
    """Write an LMDB; its images are as short as what is known to be one."""
    (folder / "short.gif").write_bytes(b"GIF89a")
    samples = [Sample(str(folder / "short.gif"), label) for _, label in pairs]
    return write_lmdb(samples, folder / "set.lmdb")


WRITERS: tuple[Callable[[Path, Pairs], Path], ...] = (
    write_csv, write_tabs, write_metadata, write_jsonl, write_doctr, write_cvat,
    write_label_studio, write_label_studio_min, write_set_lmdb,
)  # fmt: skip


def _table(path: Path, rows: Pairs, delimiter: str) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


def _text(path: Path, lines: object) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


if __name__ == "__main__":
    sys.exit(run_command(main))
