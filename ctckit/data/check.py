"""Leave out what cannot be learned from, and say so by name."""

import os
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import pairwise

import numpy as np

from ctckit.data.samples import Dataset, LeftOut, Sample
from ctckit.errors import InputError
from ctckit.image.address import name_of
from ctckit.image.decode import ImageReader
from ctckit.log import LOGGER, progress
from ctckit.text.vocabulary import normalise

NUM_NAMED = 5


def required_steps(label: str) -> int:
    """Return how many time steps CTC needs for `label`: a blank parts equal neighbours.

    >>> required_steps("abc"), required_steps("aabb")
    (3, 6)
    """
    return len(label) + sum(left == right for left, right in pairwise(label))


def leave_out_labels(
    dataset: Dataset,
    *,
    num_steps: int,
    max_length: int | None = None,
    characters: str | None = None,
) -> Dataset:
    """Leave out the samples whose label the network cannot learn.

    Args:
        dataset: readable images.
        num_steps: time steps of the network's output.
        max_length: longest label, in characters; None: any.
        characters: what labels may consist of; None: anything.

    Raises:
        InputError: no sample is left.
    """
    characters = None if characters is None else normalise(characters)

    def reason(label: str) -> str:
        if (needed := required_steps(label)) > num_steps:
            return f"label '{label}' needs {needed} time steps, the network has {num_steps}"
        if max_length is not None and len(label) > max_length:
            return f"label '{label}' has {len(label)} characters, more than {max_length}"
        if characters is not None and (unknown := sorted(set(label) - set(characters))):
            return f"label '{label}' has {', '.join(map(repr, unknown))}, not in the vocabulary"
        return ""

    unfit = [LeftOut(*sample, why) for sample in dataset.samples if (why := reason(sample.label))]
    if unfit and len(unfit) == len(dataset.samples):
        raise InputError(
            f"labels: expected some that the network can learn, received {len(unfit)} that it "
            f"cannot, such as: {unfit[0].reason}; raise num_steps by a greater width, raise "
            "max_length or add to characters"
        )
    return dataset.without(unfit)


def log_left_out(dataset: Dataset) -> None:
    """Log how many records were left out and the first of them; the others at level DEBUG."""
    if not dataset.left_out:
        return
    total = len(dataset.samples) + len(dataset.left_out)
    LOGGER.warning("left out    %d of %d images:", len(dataset.left_out), total)
    for index, record in enumerate(dataset.left_out):
        log = LOGGER.warning if index < NUM_NAMED else LOGGER.debug
        log("            %s: %s", name_of(record.image), record.reason)
    if len(dataset.left_out) > NUM_NAMED:
        more = len(dataset.left_out) - NUM_NAMED
        LOGGER.warning("            … and %d more, named in train.log", more)


GREY_SHARE = 0.99


@dataclass(frozen=True)
class ScanResult:
    """A dataset whose images can all be read, and their form.

    Attributes:
        dataset: The usable samples; the others are in its `left_out`.
        sizes: How many images there are of each (height, width), in pixels.
        is_grey: At least 99 % of the images have no colour: `channels=1` loses nothing.
    """

    dataset: Dataset
    sizes: Counter[tuple[int, int]]
    is_grey: bool

    @property
    def median_size(self) -> tuple[int, int]:
        """The median height and the median width, in pixels."""
        height, width = np.median(list(self.sizes.elements()), axis=0).astype(int)
        return int(height), int(width)


@dataclass(frozen=True)
class _Look:
    """What one look at an image found: an error, or its form."""

    error: str = ""
    size: tuple[int, int] = (0, 0)
    is_grey: bool = False
    digest: bytes = b""


def scan(dataset: Dataset, *, workers: int | None = None) -> ScanResult:
    """Read every image of `dataset` once and leave out what must not be trained on.

    Left out are files that cannot be read, and images whose pixels equal an earlier one's: a
    copy in the validation part of an image in the training part would flatter the result.

    Args:
        dataset: What `load_dataset` returned.
        workers: Threads that read; None: one for each processor, at most 8.

    Raises:
        InputError: No image can be read.
    """
    with ThreadPoolExecutor(workers or min(8, os.cpu_count() or 1)) as pool:
        looks = list(
            progress(
                pool.map(_look, dataset.samples), "check images", total=len(dataset.samples),
                unit="image",
            )
        )  # fmt: skip
    left_out = _leave_out(dataset.samples, looks)
    scanned = dataset.without(left_out)
    if not len(scanned.samples):
        raise InputError(
            f"{dataset.name}: expected readable images, received files of which none of "
            f"{len(looks)} can be read: {left_out[0].reason}; choose other images"
        )
    look_at = {sample.image: look for sample, look in zip(dataset.samples, looks, strict=True)}
    used = [look_at[sample.image] for sample in scanned.samples]
    return ScanResult(
        dataset=replace(scanned, fingerprint=_fingerprint(scanned.samples, used)),
        sizes=Counter(look.size for look in used),
        is_grey=sum(look.is_grey for look in used) >= GREY_SHARE * len(used),
    )


def _fingerprint(samples: Sequence[Sample], looks: Sequence[_Look]) -> str:
    parts = sorted(
        look.digest + sample.label.encode() for sample, look in zip(samples, looks, strict=True)
    )
    return blake2b(b"\n".join(parts), digest_size=16).hexdigest()


def _look(sample: Sample) -> _Look:
    try:
        image, _ = ImageReader(channels=3)(sample.image, sample.label)
    except InputError as error:
        return _Look(error=str(error))
    height, width = image.shape[:2]
    blue, green, red = image[..., 0], image[..., 1], image[..., 2]
    is_grey = np.array_equal(blue, green) and np.array_equal(green, red)
    return _Look("", (height, width), is_grey, blake2b(image.data, digest_size=16).digest())


def _leave_out(samples: Sequence[Sample], looks: Sequence[_Look]) -> list[LeftOut]:
    first: dict[tuple[tuple[int, int], bytes], Sample] = {}
    left_out = []
    for sample, look in zip(samples, looks, strict=True):
        if look.error:
            left_out.append(LeftOut(*sample, look.error))
            continue
        original = first.setdefault((look.size, look.digest), sample)
        if original is not sample:
            reason = f"same pixels as {name_of(original.image)}, labelled {original.label!r}"
            left_out.append(LeftOut(*sample, reason))
    return left_out
