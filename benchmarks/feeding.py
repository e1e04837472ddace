"""Compare how fast batches are made with how fast the network takes them.

    python -m benchmarks.feeding --dataset captcha_images_v2.zip               about 3 minutes

With the settings that training would choose: varied and not, from the cache and from the files, by
threads and by processes; then the training step alone, on batches that are there; and a training
as it is, of which the share is told that it waits for batches. In turns; the best of each counts.
"""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.common import as_files, least_seconds, load, save, table
from configs import ModelConfigs
from ctckit.cli.arguments import parse_arguments
from ctckit.cli.running import run_command
from ctckit.data.samples import Sample

MAKERS = {"the loop itself": (0, False), "1 thread": (1, False), "2 threads": (2, False),
          "1 process": (1, True), "2 processes": (2, True)}  # fmt: skip


@dataclass(frozen=True)
class Arguments:
    """The command line."""

    dataset: str | None = None
    """Folder, .zip or CSV of images; None: captcha_images_v2."""
    augment: str | None = None
    """How much images are varied, where they are; None: as training would at first."""
    batches: int = 50
    """In each pass, at most those of an epoch."""
    turns: int = 5
    """How often each is timed."""
    output: Path = Path("benchmarks/results/feeding.json")
    """JSON file to write."""


def main() -> None:
    """Time all of them in turns."""
    arguments = parse_arguments(Arguments, prog="feeding", description=__doc__)
    dataset, configs = load(arguments.dataset)
    with as_files(dataset.samples) as samples:
        compare(configs.replace(augment=arguments.augment or configs.augment), samples, arguments)


def compare(configs: ModelConfigs, samples: list[Sample], arguments: Arguments) -> None:
    """Time what makes batches, and what takes them."""
    from benchmarks import ours  # here, as worker processes import this file, without TensorFlow

    passes = {}
    for cache in ("off", "auto"):
        for kind, augment in (("", configs.augment), ("not varied, ", "none")):
            for name, (workers, in_processes) in MAKERS.items():
                settings = configs.replace(
                    cache=cache, augment=augment, train_workers=workers,
                    use_multiprocessing=in_processes,
                )  # fmt: skip
                provider = ours.provider(samples, settings)
                count = min(arguments.batches, len(provider))
                what = f"{kind}{'from the files' if cache == 'off' else 'from the cache'}"
                passes[what, name] = one_pass(provider, count)
                if in_processes or cache == "auto":
                    passes[what, name]()  # starts them, and fills the cache
                    passes[what, name]()
    step, waited = training(configs, samples, count)
    passes["", "the training step"] = step
    seconds = least_seconds(passes, arguments.turns)
    rates = {key: count / least.wall for key, least in seconds.items()}
    taken = rates.pop(("", "the training step"))
    rows = [
        {"batches": what, "made by": name, "batches a second": f"{rate:,.1f}",
         "times what the network takes": f"{rate / taken:.1f}"}
        for (what, name), rate in rates.items()
    ]  # fmt: skip
    form = f"{configs.batch_size} images of {configs.height} x {configs.fixed_width}"
    print(f"{form}, {configs.augment}; the network takes {taken:.2f} batches a second")
    print(table(rows))
    share = waited()
    print(f"A training waits for {share:.2%} of its time.")
    result = {"form": form, "batches_a_second_taken": taken, "rows": rows,
              "share_of_time_waited": share, "cores": os.cpu_count()}  # fmt: skip
    save(result, arguments.output)


def one_pass(provider: Any, count: int) -> Callable[[], None]:
    """Return a pass over so many batches."""

    def run() -> None:
        batches = provider.batches(0)
        for _ in islice(batches, count):
            pass
        batches.close()

    return run


def training(
    configs: ModelConfigs, samples: list[Sample], count: int
) -> tuple[Callable[[], None], Callable[[], float]]:
    """Return steps on batches that are there, and what tells how much of a training is waiting."""
    from benchmarks import ours
    from ctckit.training.loop import _compiled
    from model import make_model

    provider = ours.provider(samples, configs)
    model = make_model(configs)
    step = _compiled(model, model.train_step)
    there = list(islice(provider.batches(0), count))
    float(step(there[0], provider)["loss"])  # traced

    def run() -> None:
        for batch in there:
            float(step(batch, provider)["loss"])

    def share() -> float:
        waited = 0.0
        began = time.perf_counter()
        for epoch in range(1, 4):  # the cache is full
            batches = provider.batches(epoch)
            while True:
                asked = time.perf_counter()
                batch = next(batches, None)
                waited += time.perf_counter() - asked
                if batch is None:
                    break
                float(step(batch, provider)["loss"])
        return waited / (time.perf_counter() - began)

    return run, share


if __name__ == "__main__":
    sys.exit(run_command(main))
