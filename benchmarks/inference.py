"""How fast are images read? Ours and mltu's own loop, on the same files.

    python -m benchmarks.inference --model Models/captcha_…      about 3 minutes

mltu's loop reads a file with cv2.imread, resizes it, runs the network on this one image and
decodes, as its tutorial does. It is timed with the tutorial's network (untrained: the time is the
same) and with ours. In turns, the best of each is reported.
"""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
from mltu.utils.text_utils import get_cer

from benchmarks import peers
from benchmarks.common import as_files, least_seconds, save, table
from benchmarks.mltu_reader import MltuReader
from configs import ModelConfigs
from ctckit.cli.arguments import parse_arguments
from ctckit.cli.evaluate import plan
from ctckit.cli.labelled_images import labelled_images
from ctckit.cli.running import run_command
from ctckit.data.samples import Sample
from ctckit.evaluation.one_pass import evaluate
from ctckit.export.onnx import export_onnx
from ctckit.inference.reader import ImageToWordModel
from ctckit.log import progress
from ctckit.sources.options import SourceOptions


@dataclass(frozen=True)
class Arguments:
    """The command line."""

    model: Path | None = None
    """Folder of a run of `crnn` with its val.csv; None: the newest one in Models/."""
    turns: int = 7
    """How often each is timed."""
    soak: int = 200_000
    """Predictions after which memory is compared; 0 leaves it out."""
    quick: bool = False
    """Two turns, 5,000 predictions."""
    output: Path = Path("benchmarks/results/inference.json")
    """JSON file to write."""


def main() -> None:
    """Time all of them in turns."""
    arguments = parse_arguments(Arguments, prog="inference", description=__doc__)
    task = plan(arguments.model)
    with as_files(labelled_images(task.source, SourceOptions())[0]) as samples:
        judge(task.model, samples, arguments)


def judge(model: Path, samples: list[Sample], arguments: Arguments) -> None:
    """Read the files of `samples` in each way."""
    ours = ImageToWordModel(model)
    vocab = str(ours.metadata.vocabulary)
    with TemporaryDirectory() as folder:
        tutorial = MltuReader(vocab, str(write_tutorial(Path(folder), ours)))
    contenders = {
        "mltu's loop, its network": mltu_pass(tutorial, samples),
        "mltu's loop, crnn": mltu_pass(MltuReader(vocab, str(model)), samples),
        "ctckit, one image at a time": lambda: [ours.predict(sample.image) for sample in samples],
        "ctckit, evaluation": lambda: evaluate(ours, samples),
    }
    seconds = least_seconds(contenders, 2 if arguments.quick else arguments.turns)
    best = {name: len(samples) / least.wall for name, least in seconds.items()}
    first, second = list(best.values())[:2]
    rows = [
        {
            "what": name,
            "images a second": f"{rate:,.0f}",
            "times mltu": f"{rate / first:.1f}",
            "times mltu's loop with crnn": f"{rate / second:.1f}",
        }
        for name, rate in best.items()
    ]
    print(table(rows))
    facts: dict[str, object] = {"images_per_second": best} | start_up(model, samples[0].image)
    if count := 5000 if arguments.quick else arguments.soak:
        facts["growth_MB"] = growth(ours, samples, count)
        print(f"memory after {count:,} predictions: {facts['growth_MB']:+.1f} MB")
    print(f"one image by the command line: {facts['seconds']:.2f} s, {facts['peak_MB']:.0f} MB")
    save(facts, arguments.output)


def write_tutorial(folder: Path, ours: ImageToWordModel) -> Path:
    """Export the tutorial's network for the same images."""
    facts = ours.metadata
    configs = ModelConfigs(
        height=facts.height, width=facts.width, channels=3, vocab=str(facts.vocabulary)
    )
    return export_onnx(peers.mltu_tutorial(configs), folder / "model.onnx", facts)


def mltu_pass(reader: MltuReader, samples: list[Sample]) -> Callable[[], None]:
    """Return a pass over all images as the tutorial's inferenceModel.py does it."""

    def one_pass() -> None:
        for image, label in samples:
            get_cer(reader.predict(cv2.imread(image)), label)

    return one_pass


def growth(reader: ImageToWordModel, samples: list[Sample], count: int) -> float:
    """Return the MB by which memory grows over `count` predictions, after a warm-up."""
    images = [cv2.imread(sample.image) for sample in samples]
    for image in images:
        reader.predict(image)
    before = resident_mb()
    for index in progress(range(count), "predictions", unit="img"):
        reader.predict(images[index % len(images)])
    return resident_mb() - before


def resident_mb() -> float:
    """Return the memory of this process (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def start_up(model: Path, image: str) -> dict[str, float]:
    """Time the command line on one image; the best of five, and its peak memory (Linux)."""
    code = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    words = [sys.executable, "inferenceModel.py", "--model", str(model), "--images", image]

    def start() -> None:
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)

    seconds = least_seconds({"start": start}, turns=5)["start"].wall
    done = subprocess.run(
        [sys.executable, "-c", code, *words], check=True, capture_output=True, text=True
    )
    return {"seconds": seconds, "peak_MB": int(done.stdout) / 1e3}


if __name__ == "__main__":
    sys.exit(run_command(main))
