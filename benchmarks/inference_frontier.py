"""Small and quick, or large and exact? Size, time and accuracy of crnn at several widths.

    python -m benchmarks.inference_frontier --dataset captcha_images_v2.zip    about 6 minutes
    python -m benchmarks.inference_frontier --quick                            about 1 minute

Each network is trained with default settings, exported, and run by onnxruntime on one image at a
time with one thread. The mltu tutorial's network is timed beside them, untrained.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks import ours, peers
from benchmarks.common import least_seconds, load, save, table
from configs import ModelConfigs
from ctckit.cli.arguments import parse_arguments
from ctckit.cli.running import run_command
from ctckit.data.samples import Dataset
from ctckit.data.split import split_samples
from ctckit.evaluation.one_pass import evaluate
from ctckit.export.onnx import export_onnx
from ctckit.inference.reader import ImageToWordModel
from ctckit.inference.session import OnnxInferenceModel
from ctckit.log import LOGGER, progress
from ctckit.training import model_metadata

WIDTHS = (0.5, 0.75, 1.0, 1.5)
TURNS = 20


@dataclass(frozen=True)
class Arguments:
    """The command line."""

    dataset: str | None = None
    """Folder, .zip or CSV of images; None: captcha_images_v2."""
    width_multipliers: tuple[float, ...] = WIDTHS
    """Networks to compare."""
    seed: int = 0
    """Of split, weights and order."""
    runs: int = 2000
    """Timed runs of each network, one image each."""
    quick: bool = False
    """Three epochs only: the times mean something, the error rates do not."""
    output: Path = Path("benchmarks/results/inference_frontier.json")
    """JSON file to write."""


def main() -> None:
    """Train, export, judge and time every width."""
    arguments = parse_arguments(Arguments, prog="inference_frontier", description=__doc__)
    epochs = 3 if arguments.quick else None
    results = []
    with TemporaryDirectory() as folder:
        models: dict[str, OnnxInferenceModel] = {}
        for width in progress(arguments.width_multipliers, "widths", unit="width"):
            dataset, configs = load(
                arguments.dataset, seed=arguments.seed, train_epochs=epochs, width_multiplier=width
            )
            name = f"crnn x {width:g}"
            LOGGER.info(name)
            models[name], result = train_one(name, dataset, configs, Path(folder) / f"{width}.onnx")
            results.append(result)
        network = peers.mltu_tutorial(configs)
        path = Path(folder) / "mltu.onnx"
        metadata = model_metadata(dataset, configs.replace(channels=3))
        models["mltu tutorial"] = OnnxInferenceModel(
            export_onnx(network, path, metadata), num_threads=1
        )
        results.append(
            {"what": "mltu tutorial", "parameters": f"{network.count_params():,}",
             "file": size_of(path), "misread": "", "CER": ""}
        )  # fmt: skip
        runs = max(1, arguments.runs // TURNS)
        passes = {name: runs_of(model, runs) for name, model in models.items()}
        seconds = least_seconds(passes, TURNS)
    for result in results:
        result["ms an image"] = f"{seconds[result['what']].wall / runs * 1e3:.2f}"
    print(table(results))
    save({"seed": arguments.seed, "results": results}, arguments.output)


def train_one(
    name: str, dataset: Dataset, configs: ModelConfigs, path: Path
) -> tuple[OnnxInferenceModel, dict[str, object]]:
    """Train and export one width; return it, ready to run on one thread, and its figures."""
    train, val = split_samples(dataset.samples, 1 - configs.validation_fraction, configs.seed)
    model, _ = ours.train(configs, train)
    export_onnx(model.reader, path, model_metadata(dataset, configs))
    reader = ImageToWordModel(path, num_threads=1)
    errors = evaluate(reader, val).errors
    return reader, {
        "what": name,
        "parameters": f"{model.reader.count_params():,}",
        "file": size_of(path),
        "misread": f"{errors.wrong_texts} of {errors.texts}",
        "CER": f"{errors.cer:.2%}",
    }


def size_of(path: Path) -> str:
    """Return the size of a file, in a unit to read."""
    return f"{path.stat().st_size / 1e6:.2f} MB"


def runs_of(model: OnnxInferenceModel, count: int) -> Callable[[], None]:
    """Return a function that runs the network so many times on one image of noise."""
    rng = np.random.default_rng(0)
    feed = {model.input_name: rng.uniform(0, 255, (1, *model.image_shape)).astype(np.float32)}

    def runs() -> None:
        for _ in range(count):
            model.session.run(None, feed)

    return runs


if __name__ == "__main__":
    sys.exit(run_command(main))
