"""How fast do images become batches? Our DataProvider and mltu's, on the same files.

    python -m benchmarks.pipeline --dataset captcha_images_v2.zip      about 1 minute

Images of the files, through reading, resizing, the tutorial's three augmentors and stacking, per
second; in turns, the best of each is reported.
"""

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2

from benchmarks import peers
from benchmarks.common import load, save, table
from configs import ModelConfigs
from ctckit.arguments import parse_arguments
from ctckit.console import progress, run_command
from ctckit.data import RandomBrightness, RandomErodeDilate, RandomRotate, Sample
from train import make_provider


@dataclass(frozen=True)
class Arguments:
    """The command line."""

    dataset: str | None = None
    """Folder, .zip or CSV of images; None: captcha_images_v2."""
    turns: int = 7
    """How often each is timed."""
    quick: bool = False
    """Two turns."""
    output: Path = Path("benchmarks/results/pipeline.json")
    """JSON file to write."""


def main() -> None:
    """Time all of them in turns."""
    arguments = parse_arguments(Arguments, prog="pipeline", description=__doc__)
    dataset, configs = load(arguments.dataset)
    samples = dataset.samples
    cv2.setNumThreads(1)  # "one worker" is one thread
    contenders = {
        "mltu, no cache": mltu_pass(configs, samples, use_cache=False),
        "mltu, cache": mltu_pass(configs, samples, use_cache=True),
        "ctckit, no cache": our_pass(configs, samples, use_cache=False),
        "ctckit, no cache, 2 workers": our_pass(configs, samples, use_cache=False, workers=2),
        "ctckit, cache": our_pass(configs, samples, use_cache=True),
        "ctckit, cache, 2 workers": our_pass(configs, samples, use_cache=True, workers=2),
    }
    best = dict.fromkeys(contenders, 0.0)
    for _ in progress(range(2 if arguments.quick else arguments.turns), "turns", unit="turn"):
        for name, one_pass in contenders.items():
            began = time.perf_counter()
            one_pass()
            best[name] = max(best[name], len(samples) / (time.perf_counter() - began))
    peer = best["mltu, no cache"], best["mltu, cache"]
    rows = [
        {
            "what": name,
            "images a second": f"{rate:,.0f}",
            "times mltu": f"{rate / peer[0]:.1f}",
            "times mltu with cache": f"{rate / peer[1]:.1f}",
        }
        for name, rate in best.items()
    ]
    print(table(rows))
    save({"images_per_second": best}, arguments.output)


def mltu_pass(
    configs: ModelConfigs, samples: list[Sample], *, use_cache: bool
) -> Callable[[], None]:
    """Return a pass over all batches of mltu's provider."""
    provider = peers.mltu_provider(configs, samples, use_cache=use_cache)

    def one_pass() -> None:
        for index in range(len(provider)):
            provider[index]

    return one_pass


def our_pass(
    configs: ModelConfigs, samples: list[Sample], *, use_cache: bool, workers: int = 1
) -> Callable[[], None]:
    """Return a pass over all batches of ours: colour, batches of 64, as in the tutorial."""
    own = configs.replace(channels=3, batch_size=peers.MLTU_BATCH_SIZE, use_cache=use_cache)
    provider = make_provider(samples, own)
    provider.augmentors = [RandomBrightness(), RandomRotate(), RandomErodeDilate()]

    def one_pass() -> None:
        provider.on_epoch_end()
        if workers == 1:
            for index in range(len(provider)):
                provider[index]
        else:
            with ThreadPoolExecutor(workers) as pool:
                list(pool.map(provider.__getitem__, range(len(provider))))

    return one_pass


if __name__ == "__main__":
    sys.exit(run_command(main))
