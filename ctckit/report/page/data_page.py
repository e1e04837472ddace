"""A set of labelled images for people, as a page: what `ctckit data check` found."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ctckit.data.samples import Sample
from ctckit.files import replace_atomically
from ctckit.image.address import name_of
from ctckit.image.decode import ImageReader
from ctckit.report.page.images import inline_png
from ctckit.report.page.page import TEMPLATES

NUM_IMAGES = 24


class _Picture(NamedTuple):
    """An image as a data URI, its size before it was made smaller, its label and its file."""

    source: str
    height: int
    width: int
    label: str
    name: str


def save_data_page(figures: Mapping[str, Any], samples: Sequence[Sample], path: str | Path) -> Path:
    """Write `data_page` to a file, whole or not at all.

    Raises:
        InputError: an image cannot be read any more, or nothing can be written there.
    """
    page = data_page(figures, samples)
    with replace_atomically(path) as temporary:
        temporary.write_text(page, encoding="utf-8", errors="xmlcharrefreplace")
    return Path(path)


def data_page(figures: Mapping[str, Any], samples: Sequence[Sample]) -> str:
    """Return the page: counts, some images, characters and labels, what is left out, the choice.

    Args:
        figures: of `ctckit.data.set_figures`, with `choice` and `why_not`.
        samples: usable ones; 24 of them, spread over all, are shown.

    Raises:
        InputError: an image cannot be read any more.
    """
    step = -(-len(samples) // NUM_IMAGES) or 1
    pictures = [_picture(sample) for sample in samples[::step]]
    return TEMPLATES.get_template("data.html").render(figures=figures, pictures=pictures)


def _picture(sample: Sample) -> _Picture:
    pixels, _ = ImageReader(channels=3)(sample.image, sample.label)
    height, width = pixels.shape[:2]
    return _Picture(inline_png(pixels), height, width, sample.label, name_of(sample.image))
