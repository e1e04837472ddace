"""What a training chooses for a set of images, and why, in words."""

from typing import Any

from ctckit.data.check import required_steps
from ctckit.data.samples import Dataset
from ctckit.data.scan_result import ScanResult
from ctckit.training.configs import TrainConfigs
from ctckit.training.image_form import differ
from ctckit.training.length import passes_per_epoch


def choice(configs: TrainConfigs, dataset: Dataset, found: ScanResult) -> list[dict[str, Any]]:
    """Return the settings of a training, each with its value and the reason, ready for JSON.

    Args:
        configs: that `ctckit.training.preparation.choose` returned.
        dataset: likewise.
        found: the images, looked at.
    """
    learned = [label for _, label in (*dataset.samples, *dataset.validation)]
    steps = max(map(required_steps, learned))
    rows = [
        ("height", configs.height, "the recipe's"),
        ("width", configs.width, _why_width(configs, found, steps)),
        ("channels", configs.channels, _why_channels(configs, found)),
        _resizing(configs),
        ("time steps", configs.num_steps,
         f"of {configs.architecture} at this width, or at most; labels need up to {steps}"),
        ("characters", len(configs.vocab), f"texts of up to {configs.max_text_length}"),
        ("augment", configs.augment, _why_augment(configs)),
        ("batch size", configs.batch_size, "the recipe's"),
        ("epochs", _epochs(configs), _why_epochs(configs, dataset)),
    ]  # fmt: skip
    return [{"name": name, "value": value, "why": why} for name, value, why in rows]


def _resizing(configs: TrainConfigs) -> tuple[str, Any, str]:
    if configs.fixed_width is None:
        why = "of the widths: for characters that are wide enough, of few images also for the base"
        return "stretch", configs.stretch, why
    how = "padded" if configs.keep_aspect_ratio else "stretched"
    return "resizing", how, "to height x width; see keep_aspect_ratio"


def _why_width(configs: TrainConfigs, found: ScanResult, steps: int) -> str:
    turned = found.turned(configs.rotate)
    if configs.fixed_width is None:
        why = "their shapes differ" if differ(turned.shapes) else "few are read at several widths"
        return f"as each image has it at this height, as {why}"
    height, width = turned.median_size
    each = configs.pixels_for(configs.vocab)
    if each * steps > configs.height * width / height:
        return f"{each} pixels for each of the {steps} steps of a label"
    return f"as images of {height} x {width}, the median, have it at this height"


def _why_channels(configs: TrainConfigs, found: ScanResult) -> str:
    if configs.forms[configs.architecture].channels:
        return f"those of {configs.architecture}"
    return "the images are grey" if found.is_grey else "the images have colour"


def _why_augment(configs: TrainConfigs) -> str:
    if configs.augment == "growing":
        return "light, later strong, as the shapes of the images differ"
    return "as the shapes of the images are alike"


def _epochs(configs: TrainConfigs) -> int | str:
    return configs.train_epochs or f"{configs.min_epochs} to {configs.max_epochs}"


def _why_epochs(configs: TrainConfigs, dataset: Dataset) -> str:
    if configs.train_epochs:
        return "as given"
    shared = 0 if dataset.validation else configs.validation_fraction
    number = len(dataset.samples) - round(len(dataset.samples) * shared)
    passes = passes_per_epoch(number, configs.batch_size)
    several = f", {passes} passes each" if passes > 1 else ""
    return (
        f"of {number} images{several}: at first about {configs.usual_steps:,} steps, or "
        f"{configs.usual_passes} passes; then as long as it gets better"
    )
