"""How fast do images become batches? Our DataProvider and mltu's, on the same files.

    python -m benchmarks.pipeline --dataset captcha_images_v2.zip      about 1 minute

Images of the files, through reading, resizing, the tutorial's three augmentors and stacking, per
second; in turns, the best of each is reported. Two workers are processes
(`use_multiprocessing=True`). The time on the processor says what an image costs where other
programs share the machine. Then the stages, each by itself.
"""

import sys
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

import cv2
import numpy as np

from benchmarks.common import as_files, least_seconds, load, save, table
from configs import ModelConfigs
from ctckit.augment.geometric import RandomAffine, RandomRotate
from ctckit.augment.stroke import RandomErodeDilate
from ctckit.augment.tone import RandomBrightness
from ctckit.cli.arguments import parse_arguments
from ctckit.cli.running import run_command
from ctckit.data.samples import Sample
from ctckit.image.decode import ImageReader
from ctckit.training import make_provider

NUM_STAGE_IMAGES = 100
TWO_WORKERS = ", 2 workers"
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Arguments:
    """The command line."""

    dataset: str | None = None
    """Folder, .zip or CSV of images; None: captcha_images_v2."""
    turns: int = 15
    """How often each is timed."""
    quick: bool = False
    """Two turns."""
    output: Path = Path("benchmarks/results/pipeline.json")
    """JSON file to write."""


def main() -> None:
    """Time all of them in turns."""
    arguments = parse_arguments(Arguments, prog="pipeline", description=__doc__)
    dataset, configs = load(arguments.dataset)
    with as_files(dataset.samples) as samples:
        compare(configs, samples, arguments)


def compare(configs: ModelConfigs, samples: list[Sample], arguments: Arguments) -> None:
    """Time each with and without a cache, and each stage of ours."""
    turns = 2 if arguments.quick else arguments.turns
    cv2.setNumThreads(1)  # "one worker" is one thread
    contenders = {}
    for cache in ("no cache", "cache"):
        use_cache = cache == "cache"
        contenders |= {
            f"mltu, {cache}": mltu_pass(configs, samples, use_cache=use_cache),
            f"ctckit, {cache}": our_pass(configs, samples, use_cache=use_cache),
            f"ctckit, {cache}{TWO_WORKERS}": our_pass(
                configs, samples, use_cache=use_cache, workers=2
            ),
        }
    seconds = least_seconds(contenders, turns)
    rates = {name: len(samples) / least.wall for name, least in seconds.items()}
    cpu = {
        name: 1e6 * least.cpu / len(samples)
        for name, least in seconds.items()
        if not name.endswith(TWO_WORKERS)  # theirs is not in the time of this process
    }
    print(table([row(name, rates, cpu) for name in rates]))
    stages = {name: 1e6 * best for name, best in stage_seconds(samples, 4 * turns).items()}
    print(table([{"stage": name, "us an image": f"{us:.1f}"} for name, us in stages.items()]))
    result = {"images_per_second": rates, "cpu_us_per_image": cpu, "stage_us_per_image": stages}
    save(result, arguments.output)


def row(name: str, rates: dict[str, float], cpu: dict[str, float]) -> dict[str, str]:
    """Compare with mltu, and two workers with one, of the same use of the cache."""
    cache = name.split(", ")[1]
    return {
        "what": name,
        "images a second": f"{rates[name]:,.0f}",
        "times mltu": f"{rates[name] / rates[f'mltu, {cache}']:.2f}",
        "times one worker": f"{rates[name] / rates[name.removesuffix(TWO_WORKERS)]:.2f}",
        "us an image on the processor": f"{cpu[name]:.0f}" if name in cpu else "",
    }


def mltu_pass(
    configs: ModelConfigs, samples: list[Sample], *, use_cache: bool
) -> Callable[[], None]:
    """Return a pass over all batches of mltu's provider."""
    from benchmarks import peers  # here, as worker processes import this file, without TensorFlow

    provider = peers.mltu_provider(configs, samples, use_cache=use_cache)

    def one_pass() -> None:
        for index in range(len(provider)):
            provider[index]

    return one_pass


def our_pass(
    configs: ModelConfigs, samples: list[Sample], *, use_cache: bool, workers: int = 1
) -> Callable[[], None]:
    """Return a pass over all batches of ours: colour, batches of 64, as in the tutorial."""
    from benchmarks import peers
    from ctckit.training.provider import DataProvider

    steps = make_provider(samples, configs.replace(channels=3))
    provider = DataProvider(
        samples,
        steps.data_preprocessors,
        batch_size=peers.MLTU_BATCH_SIZE,
        augmentors=[RandomBrightness(), RandomRotate(), RandomErodeDilate()],
        transformers=steps.transformers,
        use_cache=use_cache,
        workers=workers,
        use_multiprocessing=workers > 1,
    )

    def one_pass() -> None:
        provider.on_epoch_end()
        if workers == 1:
            for index in range(len(provider)):
                provider[index]
        else:  # Keras, too, lets that many threads ask for batches
            with ThreadPoolExecutor(workers) as pool:
                for _ in pool.map(provider.__getitem__, range(len(provider))):
                    pass

    return one_pass


def stage_seconds(samples: list[Sample], turns: int) -> dict[str, float]:
    """Return the least seconds on the processor of each stage, for one image, in colour."""
    samples = samples[:NUM_STAGE_IMAGES]
    reader, rng = ImageReader(channels=3), np.random.default_rng(0)
    contents = [read(sample.image) for sample in samples]
    images = [reader(*sample)[0] for sample in samples]
    stages = {
        "read the file": over(samples, lambda sample: read(sample.image)),
        "decode it (OpenCV)": over(contents, decode),
        "decode it, make it BGR (ours)": over(contents, lambda content: reader(content, "")),
        "read, decode, make it BGR (ours)": over(samples, lambda sample: reader(*sample)),
        "stack": lambda: np.stack(images),
    }
    if all(content.startswith(PNG_SIGNATURE) for content in contents):
        stages["inflate it (zlib), a part of decoding"] = over(
            [deflated(content) for content in contents], zlib.decompress
        )
    for kind in (RandomBrightness, RandomRotate, RandomErodeDilate, RandomAffine):
        augmentor = kind(random_chance=1)
        stages[f"{kind.__name__}, on every image"] = over(
            images, lambda image, augmentor=augmentor: augmentor(image, "", rng)
        )
    seconds = least_seconds(stages, turns)
    return {name: least.cpu / len(samples) for name, least in seconds.items()}


def over(items: list, function: Callable) -> Callable[[], None]:
    """Return a function that calls `function` on every item."""

    def run() -> None:
        for item in items:
            function(item)

    return run


def read(path: str) -> bytes:
    """Read a file as our reader does."""
    with FileIO(path) as file:
        return file.read()


def decode(content: bytes) -> np.ndarray:
    """Decode an image file with OpenCV."""
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)


def deflated(png: bytes) -> bytes:
    """Return the compressed pixels of a PNG file: its IDAT chunks, joined."""
    parts, start = [], len(PNG_SIGNATURE)
    while start < len(png):
        length = int.from_bytes(png[start : start + 4])
        if png[start + 4 : start + 8] == b"IDAT":
            parts.append(png[start + 8 : start + 8 + length])
        start += length + 12  # with its length, name and checksum
    return b"".join(parts)


if __name__ == "__main__":
    sys.exit(run_command(main))
