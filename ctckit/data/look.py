"""One look at each image: whether it can be read, and its form."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import blake2b

import cv2
import numpy as np

from ctckit.data.lines import has_several_lines
from ctckit.data.samples import Sample
from ctckit.errors import InputError
from ctckit.image.decode import ImageReader
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
        has_lines: it seems to hold several lines of text.
        digest: of the pixels.
    """

    error: str = ""
    size: tuple[int, int] = (0, 0)
    is_grey: bool = False
    is_blank: bool = False
    has_lines: bool = False
    digest: bytes = b""


def look_at(samples: Sequence[Sample], *, workers: int | None = None) -> list[Look]:
    """Look at the image of every sample, with a progress bar.

    Args:
        samples: to look at.
        workers: threads that read; None: one for each processor, at most 8.
    """
    with ThreadPoolExecutor(workers or min(8, os.cpu_count() or 1)) as pool:
        looks = _in_chunks(pool, samples)
        return list(progress(looks, "check images", total=len(samples), unit="image"))


def is_blank(image: np.ndarray) -> bool:
    """Say whether an image, uint8 (H, W, C), shows nothing.

    That is where no channel has values that differ by more than 4 of 255: noise of a JPEG file is
    allowed, a faint letter is not.
    """
    ranges = (cv2.minMaxLoc(channel)[:2] for channel in cv2.split(image))
    return all(most - least <= BLANK_RANGE for least, most in ranges)


def _in_chunks(pool: ThreadPoolExecutor, samples: Sequence[Sample]) -> Iterator[Look]:
    for start in range(0, len(samples), _CHUNK):
        yield from pool.map(_look, samples[start : start + _CHUNK])


def _look(sample: Sample) -> Look:
    try:
        image, _ = ImageReader(channels=3)(sample.image, sample.label)
    except InputError as error:
        return Look(error=str(error))
    blue, green, red = image[..., 0], image[..., 1], image[..., 2]
    return Look(
        size=(image.shape[0], image.shape[1]),
        is_grey=np.array_equal(blue, green) and np.array_equal(green, red),
        is_blank=is_blank(image),
        has_lines=has_several_lines(image, sample.label),
        digest=blake2b(image.data, digest_size=16).digest(),
    )
