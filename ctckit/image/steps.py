"""The one list of steps that makes network input out of an image."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from ctckit.image.decode import ImageReader
from ctckit.image.resize import ImageResizer, ImageScaler
from ctckit.image.rotate import ImageRotator
from ctckit.image.widths import MAX_OWN_WIDTH

Step = Callable[[Any, Any], tuple[Any, Any]]


class InputForm(Protocol):
    """What is known of a network's input: a configuration, or what a model file says."""

    @property
    def height(self) -> int: ...  # noqa: D102
    @property
    def fixed_width(self) -> int | None: ...  # noqa: D102
    @property
    def channels(self) -> int: ...  # noqa: D102
    @property
    def keep_aspect_ratio(self) -> bool: ...  # noqa: D102
    @property
    def rotate(self) -> str | None: ...  # noqa: D102
    @property
    def stretch(self) -> float: ...  # noqa: D102
    @property
    def max_width(self) -> int: ...  # noqa: D102


def steps_to(form: InputForm) -> list[Step]:
    """Return the steps of `image_steps` that bring an image into a form."""
    return image_steps(
        height=form.height,
        width=form.fixed_width,
        channels=form.channels,
        keep_aspect_ratio=form.keep_aspect_ratio,
        rotate=form.rotate,
        stretch=form.stretch,
        max_width=form.max_width,
    )


def image_steps(
    *,
    height: int,
    width: int | None,
    channels: int,
    keep_aspect_ratio: bool = False,
    rotate: str | None = None,
    stretch: float = 1.0,
    max_width: int = MAX_OWN_WIDTH,
) -> list[Step]:
    """Return the deterministic image steps of training, validation and reading alike.

    Args:
        height: Of the network's input, in pixels.
        width: Of the network's input, in pixels; None: that of each image, see `ImageScaler`.
        channels: 1 (grey) or 3 (BGR).
        keep_aspect_ratio: Pad with white instead of stretching, where the width is fixed.
        rotate: Turn the images first, see `ImageRotator`; None: they stay.
        stretch: Factor of the width where it is not fixed.
        max_width: Limit of the width where it is not fixed, in pixels.

    Returns:
        Steps that turn an address, the content of a file, or pixels into uint8
        (height, width, channels).
    """
    rotators = [] if rotate is None else [ImageRotator(rotate)]
    resizer: Step = (
        ImageScaler(height, stretch, max_width)
        if width is None
        else ImageResizer(width, height, keep_aspect_ratio)
    )
    return [ImageReader(channels), *rotators, resizer]


def apply_steps(steps: Iterable[Step], image: Any, label: Any = "") -> tuple[Any, Any]:
    """Pass `image` and `label` through `steps`, one after the other."""
    for step in steps:
        image, label = step(image, label)
    return image, label
