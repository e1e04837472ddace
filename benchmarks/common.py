"""What every benchmark needs: the images, the machine, a table, a JSON file."""

import json
import math
import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import cv2

from configs import ModelConfigs
from ctckit.cli.labelled_images import labelled_images
from ctckit.data.samples import Dataset, Sample
from ctckit.data.writing import write_folder
from ctckit.files import replace_atomically
from ctckit.log import progress
from ctckit.sources.options import SourceOptions
from ctckit.text.error_rates import ErrorCounts
from ctckit.training.configs import NOTHING
from ctckit.training.preparation import prepare_data

LIBRARIES = ("tensorflow", "keras", "onnxruntime", "numpy", "mltu")


def load(dataset: str | None, **settings: object) -> tuple[Dataset, ModelConfigs]:
    """Return the images and the settings that training would choose for them.

    It begins with nothing, as what it is compared with does, unless `start_from` says otherwise.
    """
    return prepare_data(ModelConfigs(**({"dataset": dataset, "start_from": NOTHING} | settings)))


@contextmanager
def as_files(samples: Sequence[Sample]) -> Iterator[list[Sample]]:
    """Return the same images as files for the while: mltu's loops read no archive."""
    with TemporaryDirectory() as parent:
        folder = Path(parent, "images")
        write_folder({"": samples}, folder)
        yield labelled_images(folder, SourceOptions())[0]


def surroundings() -> dict[str, str]:
    """Name date, machine and versions: a figure means nothing without them."""
    facts = {"date": date.today().isoformat(), "machine": f"{os.cpu_count()} cores, {_processor()}"}
    return facts | {name: version(name) for name in LIBRARIES} | {"opencv": cv2.__version__}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(": ")[1] for line in lines if line.startswith("model name")), "unknown")


class Seconds(NamedTuple):
    """How long something takes: by the clock, and of this process on the processor."""

    wall: float
    cpu: float


def least_seconds(passes: Mapping[str, Callable[[], object]], turns: int) -> dict[str, Seconds]:
    """Time each pass once in every turn; return the least seconds of each.

    In turns, a while in which the machine is slower strikes all of them; the least is what a pass
    takes when nothing else does.
    """
    least = dict.fromkeys(passes, Seconds(math.inf, math.inf))
    for _ in progress(range(turns), "turns", unit="turn"):
        for name, one_pass in passes.items():
            began, cpu_began = time.perf_counter(), time.process_time()
            one_pass()
            cpu, wall = time.process_time() - cpu_began, time.perf_counter() - began
            least[name] = Seconds(min(least[name].wall, wall), min(least[name].cpu, cpu))
    return least


def error_columns(errors: ErrorCounts) -> dict[str, str]:
    """Lay out how many texts were misread, as columns of a table."""
    return {
        "misread": f"{errors.wrong_texts} of {errors.texts}",
        "texts read exactly": f"{1 - errors.wer:.2%}",
        "CER": f"{errors.cer:.3%}",
    }


def table(rows: list[dict[str, object]]) -> str:
    """Lay out rows of the same keys as a Markdown table."""
    header = list(rows[0])
    cells = [header, ["---"] * len(header)] + [
        [str(value) for value in row.values()] for row in rows
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def save(result: dict, path: Path) -> None:
    """Write the result with its surroundings as JSON."""
    with replace_atomically(path) as temporary:
        text = json.dumps(surroundings() | result, indent=2, ensure_ascii=False)
        temporary.write_text(text, encoding="utf-8")
