"""What a training chooses for a set of images, and why, in words."""

from dataclasses import replace
from typing import Any

from ctckit.data.check import required_steps
from ctckit.data.samples import Dataset
from ctckit.data.scan_result import ScanResult
from ctckit.image.rotate import turned_sizes
from ctckit.training.configs import TrainConfigs


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
        ("resizing", "padded" if configs.keep_aspect_ratio else "stretched",
         "to height x width; see keep_aspect_ratio"),
        ("time steps", configs.num_steps,
         f"of {configs.architecture} at this width; labels need up to {steps}"),
        ("characters", len(configs.vocab), f"texts of up to {configs.max_text_length}"),
        ("batch size", configs.batch_size, "the recipe's"),
        ("epochs", configs.train_epochs, _why_epochs(configs, dataset)),
    ]  # fmt: skip
    return [{"name": name, "value": value, "why": why} for name, value, why in rows]


def _why_width(configs: TrainConfigs, found: ScanResult, steps: int) -> str:
    turned = replace(found, sizes=turned_sizes(found.sizes, configs.rotate))
    height, width = turned.median_size
    each = configs.pixels_for(configs.vocab)
    if each * steps > configs.height * width / height:
        return f"{each} pixels for each of the {steps} steps of a label"
    return f"as images of {height} x {width}, the median, have it at this height"


def _why_channels(configs: TrainConfigs, found: ScanResult) -> str:
    if configs.forms[configs.architecture].channels:
        return f"those of {configs.architecture}"
    return "the images are grey" if found.is_grey else "the images have colour"


def _why_epochs(configs: TrainConfigs, dataset: Dataset) -> str:
    shared = 0 if dataset.validation else configs.validation_fraction
    number = len(dataset.samples) - round(len(dataset.samples) * shared)
    bounds = f"but {configs.min_epochs} to {configs.max_epochs} epochs"
    return f"of {number} images, as many as give about {configs.min_steps:,} steps, {bounds}"
