"""The form in which the network sees the images of a set: chosen from their shapes and labels."""

import math
from collections.abc import Mapping
from typing import TypeVar

import numpy as np

from ctckit.data.check import required_steps
from ctckit.data.samples import Sample
from ctckit.errors import InputError
from ctckit.image.resize import ImageScaler
from ctckit.image.widths import MAX_OWN_WIDTH, WIDTH_MULTIPLE
from ctckit.training.configs import AUTO, TrainConfigs

Configs = TypeVar("Configs", bound=TrainConfigs)
Shapes = Mapping[Sample, tuple[int, int]]  # height and width, in pixels

SPREAD = 1.25  # of shapes, from which widths follow the images
OUTER = 0.05  # share of the images at either end that do not count for it
NARROW = 0.1  # share of the images whose characters may be narrower than they should be


def with_image_form(
    configs: Configs, shapes: Shapes, *, is_grey: bool, wider: float | None = None
) -> Configs:
    """Choose width, stretch, channels and augmentation from the data where they were left open.

    Where the shapes of the images differ, each has a width of its own, and all are stretched until
    the characters of nine images in ten are wide enough; the augmentation grows. Where they are
    alike, all get the width of the median shape, or what the longest label needs; the augmentation
    is light. Those keep their own widths, too, where a base has said how wide it wants them, so
    that they can be read at several widths in the end.

    Args:
        configs: of the run.
        shapes: of the images to learn from and to validate with, turned.
        is_grey: they have no colour.
        wider: how much wider than they are the network should see them at least, as the base says;
            None: it was not asked.
    """
    form = configs.forms[configs.architecture]
    are_varied = differ(shapes)
    is_open = configs.width is None and not configs.keep_aspect_ratio
    follows = form.free_width and is_open and (are_varied or wider is not None)
    changes = (
        {"width": AUTO, "stretch": configs.stretch or max(wider or 1.0, _stretch(configs, shapes))}
        if follows or configs.width == AUTO
        else {"width": configs.width or _width(configs, shapes)}
    )
    if configs.stretch is not None and changes["width"] != AUTO:
        raise InputError(
            f"expected a run in which images keep their own widths, received {configs.stretch:g} "
            f"for one in which all are {changes['width']} wide; add --width auto, or leave it out",
            argument="stretch",
        )
    channels = configs.channels or form.channels or (1 if is_grey else 3)
    chosen = "growing" if are_varied else "light"
    augment = chosen if configs.augment == AUTO else configs.augment
    return configs.replace(**changes, channels=channels, augment=augment)


def differ(shapes: Shapes) -> bool:
    """Return whether images have widths of their own: of texts, photographs, not of one form."""
    return spread(shapes) > SPREAD


def spread(shapes: Shapes) -> float:
    """Return how many times as wide for its height as another an image is; 1 if all are alike.

    The widest 5 % are left out, and the narrowest.
    """
    ratios = [width / height for height, width in shapes.values()]
    narrow, wide = np.quantile(ratios, [OUTER, 1 - OUTER])
    return float(wide / narrow)


def own_steps(configs: TrainConfigs, shapes: Shapes) -> dict[Sample, int]:
    """Return the time steps that the network has for each image."""
    if configs.fixed_width is not None:
        return dict.fromkeys(shapes, configs.num_steps)
    num_steps = configs.forms[configs.architecture].num_steps
    widths = {sample: own_width(configs, shape) for sample, shape in shapes.items()}
    return {sample: num_steps(configs.height, width) for sample, width in widths.items()}


def own_width(configs: TrainConfigs, shape: tuple[int, int]) -> int:
    """Return the width that `image.ImageScaler` gives an image of (height, width), pixels."""
    return ImageScaler(configs.height, configs.stretch, configs.max_width).own_width(shape)


def narrowness(configs: TrainConfigs, shapes: Shapes) -> float:
    """Return how many times as wide as the mean image all would be at one width, 1 or more."""
    if configs.fixed_width is not None or not shapes:
        return 1.0
    mean = np.mean([own_width(configs, shape) for shape in shapes.values()])
    return max(1.0, _width(configs, shapes) / float(mean))


def _stretch(configs: TrainConfigs, shapes: Shapes) -> float:
    """Return the factor that makes characters as wide as they should be in most images."""
    pixels = [
        width * configs.height / height / steps
        for (_, label), (height, width) in shapes.items()
        if (steps := required_steps(label))
    ]
    wanted = max(configs.pixels_for(_characters(shapes)), configs.pixels_per_character_of_own_width)
    return round(max(1.0, wanted / float(np.quantile(pixels, NARROW))), 2) if pixels else 1.0


def _width(configs: TrainConfigs, shapes: Shapes) -> int:
    """Return the width of the median shape, or a greater one that the longest label needs."""
    height, width = np.median(list(shapes.values()), axis=0).astype(int)
    longest = max(required_steps(label) for _, label in shapes)
    wide_enough = configs.pixels_for(_characters(shapes)) * longest
    exact = max(configs.height * width / height, wide_enough)
    return min(math.ceil(exact / WIDTH_MULTIPLE) * WIDTH_MULTIPLE, MAX_OWN_WIDTH)


def _characters(shapes: Shapes) -> str:
    return "".join(set().union(*(label for _, label in shapes)))
