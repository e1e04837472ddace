"""One look at each image: whether it can be read, and its form."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b

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


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at an image found: an error, or its form.

    Attributes:
        error: why it cannot be read, or "".
        size: height and width, in pixels.
        is_grey: its pixels have no colour.
        is_blank: it shows nothing, see `is_blank`.
        has_lines: it seems to hold several lines of text, once it is turned.
        is_downwards: its text can only run from top to bottom, once it is turned.
        digest: of the pixels.
    """

    error: str = ""
    size: tuple[int, int] = (0, 0)
    is_grey: bool = False
    is_blank: bool = False
    has_lines: bool = False
    is_downwards: bool = False
    digest: bytes = b""


def look_at(
    samples: Sequence[Sample], *, workers: int | None = None, rotate: str | None = None
) -> list[Look]:
    """Look at the image of every sample, with a progress bar.

    Args:
        samples: to look at.
        workers: threads that read; None: one for each processor, at most 8.
        rotate: how images will be turned, see `ImageRotator`; None: they stay.
    """
    rotator = None if rotate is None else ImageRotator(rotate)
    with ThreadPoolExecutor(workers or min(8, os.cpu_count() or 1)) as pool:
        looks = _in_chunks(pool, samples, rotator)
        return list(progress(looks, "check images", total=len(samples), unit="image"))


def is_blank(image: np.ndarray) -> bool:
    """Say whether an image, uint8 (H, W, C), shows nothing.

    That is where no channel has values that differ by more than 4 of 255: noise of a JPEG file is
    allowed, a faint letter is not.
    """
    ranges = (cv2.minMaxLoc(channel)[:2] for channel in cv2.split(image))
    return all(most - least <= BLANK_RANGE for least, most in ranges)


def _in_chunks(
    pool: ThreadPoolExecutor, samples: Sequence[Sample], rotator: ImageRotator | None
) -> Iterator[Look]:
    for start in range(0, len(samples), _CHUNK):
        yield from pool.map(partial(_look, rotator=rotator), samples[start : start + _CHUNK])


def _look(sample: Sample, *, rotator: ImageRotator | None) -> Look:
    try:
        image, label = ImageReader(channels=3)(sample.image, sample.label)
    except InputError as error:
        return Look(error=str(error))
    turned = image if rotator is None else rotator(image, label)[0]
    blue, green, red = image[..., 0], image[..., 1], image[..., 2]
    return Look(
        size=_size(image),
        is_grey=np.array_equal(blue, green) and np.array_equal(green, red),
        is_blank=is_blank(image),
        has_lines=has_several_lines(turned, label),
        is_downwards=runs_downwards(_size(turned), label),
        digest=blake2b(image.data, digest_size=16).digest(),
    )


def _size(image: np.ndarray) -> tuple[int, int]:
    return image.shape[0], image.shape[1]
