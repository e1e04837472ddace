"""The process that trains a reader while labels are typed: `python -m ctckit.cli.label_worker`."""

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ctckit.cli.recipe_configs import recipe_configs, recipe_module
from ctckit.cli.running import run_command
from ctckit.errors import InputError
from ctckit.inference.reader import ImageToWordModel
from ctckit.labelling.learner import Task
from ctckit.labelling.order import look_of
from ctckit.terminal import show_json


def main() -> None:
    """Do the task in the file that is named: learn, then read.

    It ends when its standard input does, as then the process that began it has ended.
    """
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(10)  # whoever types comes first
    task = Task.load(Path(sys.argv[1]))
    if task.labelled:
        _learn(task)
    for line in _read(task):
        _tell(**line)


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(1)


def _tell(**facts: Any) -> None:
    """Write a line of JSON for the process that began this one."""
    show_json(facts)
    sys.stdout.flush()  # a pipe would wait for more


def _learn(task: Task) -> None:
    """Train a reader on the labels."""
    from ctckit.training.from_labels import train_from_labels

    train_from_labels(
        recipe_module("model.py").make_model,
        recipe_configs()(seed=task.seed),
        task.labelled,
        Path(task.reader),
        unlabelled=task.unlabelled,
        characters=task.characters,
        told=lambda share: _tell(done=share),
    )


def _read(task: Task) -> Iterator[dict[str, Any]]:
    """Yield what the reader makes of each image; those that cannot be read are passed over."""
    reader = ImageToWordModel(task.reader, num_threads=1)

    def skip(place: int, error: InputError) -> None:
        pass

    for chunk in reader.chunks(task.ranked, unreadable=skip):
        for place, pixels, reading in zip(chunk.places, chunk.pixels, chunk.readings, strict=True):
            look = look_of(pixels).round(4).tolist()
            yield {"image": task.ranked[place], **reading._asdict(), "look": look}


if __name__ == "__main__":
    sys.exit(run_command(main))
