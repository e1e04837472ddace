"""One look at each image: whether it can be read, and its form."""

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import blake2b
from typing import Any, NamedTuple

import cv2
import numpy as np

from ctckit.data.lines import has_several_lines, runs_downwards
from ctckit.data.samples import Sample
from ctckit.errors import InputError
from ctckit.image.decode import ImageReader
from ctckit.image.rotate import ImageRotator
from ctckit.log import progress

BLANK_RANGE = 4  # by which the values of a blank image differ at most, of 255
_CHUNK = 10_000  # images that wait for a thread at once


FORM = np.dtype([
    ("size", "<i4", 2),  # height and width, in pixels
    ("is_grey", "?"),  # its pixels have no colour
    ("is_blank", "?"),  # it shows nothing, see `is_blank`
    ("has_lines", "?"),  # it seems to hold several lines of text, once it is turned
    ("is_downwards", "?"),  # its text can only run from top to bottom, once it is turned
    ("digest", "<u8", 2),  # of the pixels
])  # fmt: skip


class Looks(NamedTuple):
    """What a look at each of some images found: its form, or an error.

    Attributes:
        forms: `FORM` (N,); zeros where there is an error.
        errors: why an image cannot be read, by its position.
    """

    forms: np.ndarray
    errors: Mapping[int, str]


def look_at(
    samples: Sequence[Sample], *, workers: int | None = None, rotate: str | None = None
) -> Looks:
    """Look at the image of every sample, with a progress bar.

    Args:
        samples: to look at.
        workers: threads that read; None: one for each processor, at most 8.
        rotate: how images will be turned, see `ImageRotator`; None: they stay.
    """
    rotator = None if rotate is None else ImageRotator(rotate)
    forms, errors = np.zeros(len(samples), FORM), {}
    with ThreadPoolExecutor(workers or min(8, os.cpu_count() or 1)) as pool:
        found = _in_chunks(pool, samples, rotator)
        bar = progress(found, "check images", total=len(samples), unit="image")
        for place, form in enumerate(bar):
            if isinstance(form, str):
                errors[place] = form
            else:
                forms[place] = form
    return Looks(forms, errors)


def is_blank(image: np.ndarray) -> bool:
    """Say whether an image, uint8 (H, W, C), shows nothing.

    That is where no channel has values that differ by more than 4 of 255: noise of a JPEG file is
    allowed, a faint letter is not.
    """
    ranges = (cv2.minMaxLoc(channel)[:2] for channel in cv2.split(image))
    return all(most - least <= BLANK_RANGE for least, most in ranges)


def _in_chunks(
    pool: ThreadPoolExecutor, samples: Sequence[Sample], rotator: ImageRotator | None
) -> Iterator[tuple[Any, ...] | str]:
    for start in range(0, len(samples), _CHUNK):
        yield from pool.map(partial(_look, rotator=rotator), samples[start : start + _CHUNK])


def _look(sample: Sample, *, rotator: ImageRotator | None) -> tuple[Any, ...] | str:
    """Return the form of an image, as `FORM` has it, or why it cannot be read."""
    try:
        image, label = ImageReader(channels=3)(sample.image, sample.label)
    except InputError as error:
        return str(error)
    turned = image if rotator is None else rotator(image, label)[0]
    blue, green, red = image[..., 0], image[..., 1], image[..., 2]
    return (
        _size(image),
        np.array_equal(blue, green) and np.array_equal(green, red),
        is_blank(image),
        has_several_lines(turned, label),
        runs_downwards(_size(turned), label),
        np.frombuffer(blake2b(image.data, digest_size=16).digest(), "<u8"),
    )


def _size(image: np.ndarray) -> tuple[int, int]:
    return image.shape[0], image.shape[1]
