"""How long does it take to learn to read? Ours, the Keras example and the mltu tutorial.

    python -m benchmarks.time_to_accuracy --dataset captcha_images_v2.zip      about 10 minutes
    python -m benchmarks.time_to_accuracy --quick                              about 1 minute

Seconds of fitting (compilation included, validation not) until the validation CER is at most
0.7 %, on the same split, one after the other. The mltu tutorial was at 0.7 % at epoch 227 by its
authors' account, so its epoch is timed and multiplied by 230.
"""

import math
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from benchmarks import ours, peers
from benchmarks.common import as_files, load, save, table
from configs import ModelConfigs
from ctckit.cli.arguments import parse_arguments
from ctckit.cli.running import run_command
from ctckit.data.samples import Sample
from ctckit.data.split import split_samples
from ctckit.files import replace_atomically
from ctckit.log import LOGGER, progress
from ctckit.training import make_provider

TARGET_CER = 0.007
MLTU_EPOCHS = 230
KERAS_EPOCHS = 40


@dataclass(frozen=True)
class Arguments:
    """The command line."""

    dataset: str | None = None
    """Folder, .zip or CSV of images; None: captcha_images_v2."""
    time_budget: str = "30s"
    """Of our runs."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """Of split, weights and order; all are reported."""
    mltu_epochs: int = 4
    """Epochs of the tutorial that are run and timed; the first one compiles and does not count."""
    keras_port: bool = False
    """The example's port of 2024 in its place: its network has a class that no label uses."""
    quick: bool = False
    """One seed, and stop the Keras example after three epochs."""
    output: Path = Path("benchmarks/results/time_to_accuracy.json")
    """JSON file to write; the picture goes beside it."""


def main() -> None:
    """Run the three one after the other and compare."""
    arguments = parse_arguments(Arguments, prog="time_to_accuracy", description=__doc__)
    seeds = arguments.seeds[:1] if arguments.quick else arguments.seeds
    curves: dict[str, list[peers.Curve]] = {"ctckit": [], "Keras example": []}
    image_ms: dict[str, list[float]] = {"ctckit": [], "Keras example": []}
    for seed in progress(seeds, "seeds", unit="seed"):
        dataset, configs = load(arguments.dataset, seed=seed, time_budget=arguments.time_budget)
        parts = split_samples(dataset.samples, 1 - configs.validation_fraction, seed)
        for name, clock in {
            "ctckit": ours.train(configs, *parts)[1],
            "Keras example": train_keras_example(
                peers.keras_configs(configs, port=arguments.keras_port),
                *parts,
                quick=arguments.quick,
            ),
        }.items():
            curves[name].append(clock.curve)
            image_ms[name].append(min(clock.epochs_s[1:-1] or clock.epochs_s) / len(parts[0]) * 1e3)

    LOGGER.info("mltu tutorial, %d epochs", arguments.mltu_epochs)
    mltu_clock = train_mltu_tutorial(configs, *parts, epochs=arguments.mltu_epochs)
    mltu_epoch_s = min(mltu_clock.epochs_s[1:] or mltu_clock.epochs_s)
    image_ms["mltu tutorial"] = [mltu_epoch_s / len(parts[0]) * 1e3]
    seconds = {name: [reached(curve) for curve in runs] for name, runs in curves.items()}
    seconds["mltu tutorial"] = [MLTU_EPOCHS * mltu_epoch_s]
    print(table(rows(seconds, image_ms)))

    curves["mltu tutorial"] = [mltu_clock.curve]
    picture = save_picture(
        curves, seconds["mltu tutorial"][0], arguments.output.with_suffix(".png")
    )
    LOGGER.info("picture %s", picture)
    facts = {"seeds": seeds, "mltu_epoch_s": mltu_epoch_s, "ms_per_training_image": image_ms}
    save(facts | {"seconds": seconds, "curves": curves}, arguments.output)


def train_keras_example(
    configs: ModelConfigs, train: list[Sample], val: list[Sample], *, quick: bool
) -> peers.FitClock:
    """Train the example's network until the target is reached."""
    LOGGER.info("Keras example, seed %d", configs.seed)
    providers = make_provider(train, configs), make_provider(val, configs)
    stop = peers.StopAtTarget(TARGET_CER)
    epochs = 3 if quick else KERAS_EPOCHS
    return peers.fit(peers.keras_example(configs), *providers, epochs, [stop])


def train_mltu_tutorial(
    configs: ModelConfigs, train: list[Sample], val: list[Sample], *, epochs: int
) -> peers.FitClock:
    """Train the tutorial's network as it says, for a few epochs."""
    val_provider = make_provider(val, configs.replace(channels=3))
    with as_files(train) as files:
        provider = peers.mltu_provider(configs, files)
        return peers.fit(peers.mltu_tutorial(configs), provider, val_provider, epochs, [])


def reached(curve: peers.Curve) -> float | None:
    """Return the seconds at which the target was reached first."""
    return next((seconds for seconds, cer in curve if cer <= TARGET_CER), None)


def rows(
    seconds: dict[str, list[float | None]], image_ms: dict[str, list[float]]
) -> list[dict[str, str]]:
    """Lay out every seed, and the medians as multiples of ours."""
    medians = {
        name: statistics.median(value or math.inf for value in values)
        for name, values in seconds.items()
    }
    return [
        {
            "what": name,
            "seconds to CER ≤ 0.7 %, by seed": ", ".join(
                f"{value:.0f}" if value else "not reached" for value in values
            ),
            "median, times ours": f"{medians[name] / medians['ctckit']:.1f}",
            "ms a training image": f"{statistics.median(image_ms[name]):.2f}",
        }
        for name, values in seconds.items()
    ]


def save_picture(curves: dict[str, list[peers.Curve]], mltu_s: float, path: Path) -> Path:
    """Draw validation CER against seconds of fitting."""
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.subplots()
    colors = {"ctckit": "#22764a", "Keras example": "#b8860b", "mltu tutorial": "#a0302c"}
    for name, runs in curves.items():
        for index, curve in enumerate(runs):
            seconds, cers = zip(*curve, strict=True)
            label = name if index == 0 else None
            percent = [cer * 100 for cer in cers]
            axes.plot(seconds, percent, ".-", color=colors[name], label=label, alpha=0.8)
    axes.plot(
        mltu_s, TARGET_CER * 100, "o", color=colors["mltu tutorial"], fillstyle="none",
        label="mltu tutorial: its authors' 0.7 % at the measured pace",
    )  # fmt: skip
    axes.axhline(TARGET_CER * 100, color="grey", linewidth=0.8, linestyle=":")
    axes.set(
        xscale="log", xlabel="seconds of fitting", ylabel="validation CER, %",
        title="How long it takes to learn to read",
    )  # fmt: skip
    axes.set_yscale("symlog", linthresh=0.1)
    axes.set_ylim(-0.02, 130)
    axes.set_yticks([0, 0.1, 0.7, 10, 100], ["0", "0.1", "0.7", "10", "100"])
    axes.grid(alpha=0.3)
    axes.legend()
    with replace_atomically(path) as temporary:
        figure.savefig(temporary, dpi=110, format="png")
    return path


if __name__ == "__main__":
    sys.exit(run_command(main))
