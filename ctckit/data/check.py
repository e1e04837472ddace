"""Leave out what cannot be learned from, and say so by name."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from itertools import pairwise

import numpy as np

from ctckit.data.kept_looks import MAX_CHECKED, KeptLooks
from ctckit.data.look import look_at
from ctckit.data.samples import Dataset, LeftOut, Sample, Samples
from ctckit.data.scan_result import ScanResult, scan_result
from ctckit.data.unusable import UNREADABLE, kinds_of, unusable
from ctckit.errors import InputError
from ctckit.image.address import name_of
from ctckit.log import LOGGER
from ctckit.text.direction import to_logical, to_visual
from ctckit.text.vocabulary import normalise

NUM_NAMED = 5


def required_steps(label: str) -> int:
    """Return how many time steps CTC needs for `label`: a blank parts equal neighbours.

    >>> required_steps("abc"), required_steps("aabb")
    (3, 6)
    """
    return len(label) + sum(left == right for left, right in pairwise(to_visual(label)))


def leave_out_labels(
    dataset: Dataset,
    *,
    num_steps: int,
    own_steps: Mapping[Sample, int] | None = None,
    max_length: int | None = None,
    characters: str | None = None,
) -> Dataset:
    """Leave out the samples whose label the network cannot learn, also those to validate with.

    Those of the test part stay: what cannot be read there is an error of the model.

    Args:
        dataset: readable images.
        num_steps: time steps of the network's output, for images that are not in `own_steps`.
        own_steps: time steps for each image, where they differ.
        max_length: longest label, in characters; None: any.
        characters: what labels may consist of; None: anything.

    Raises:
        InputError: no sample to learn from is left.
    """
    known = None if characters is None else {*characters, *normalise(characters)}

    def reason(sample: Sample) -> str:
        label = sample.label
        steps = (own_steps or {}).get(sample, num_steps)
        if (needed := required_steps(label)) > steps:
            return f"label '{label}' needs {needed} time steps, the network has {steps}"
        if max_length is not None and len(label) > max_length:
            return f"label '{label}' has {len(label)} characters, more than {max_length}"
        if known is not None and (unknown := sorted(set(label) - known)):
            return f"label '{label}' has {', '.join(map(repr, unknown))}, not in the vocabulary"
        if (read := to_logical(to_visual(label))) != label:
            return f"label '{label}' looks like '{read}' in an image, and would be taken for it"
        return ""

    learned = Samples.of(dataset.samples) + dataset.validation
    unfit = [LeftOut(*sample, why) for sample in learned if (why := reason(sample))]
    fitting = dataset.without(unfit)
    if unfit and not len(fitting.samples):
        raise InputError(
            f"labels: expected some that the network can learn, received {len(unfit)} that it "
            f"cannot, such as: {unfit[0].reason}; try a greater width or stretch, a greater "
            "max_text_length, or more characters in vocab"
        )
    return fitting


def log_left_out(dataset: Dataset) -> None:
    """Log how many records were left out and the first of them; the others at level DEBUG."""
    if not dataset.left_out:
        return
    total = len(dataset.everything) + len(dataset.left_out)
    LOGGER.warning("left out    %d of %d images:", len(dataset.left_out), total)
    for index, record in enumerate(dataset.left_out):
        log = LOGGER.warning if index < NUM_NAMED else LOGGER.debug
        log("            %s: %s", name_of(record.image), record.reason)
    if len(dataset.left_out) > NUM_NAMED:
        more = len(dataset.left_out) - NUM_NAMED
        LOGGER.warning("            … and %d more, named in train.log", more)


SAMPLE_SIZE = 10_000


def scan(
    dataset: Dataset,
    *,
    workers: int | None = None,
    rotate: str | None = None,
    full: bool = False,
    kept: KeptLooks | None = None,
) -> ScanResult:
    """Read every image of `dataset` once and leave out what must not be trained on.

    Left out are files that cannot be read, blank images with a label, and images whose pixels
    equal another one's: a copy in the validation part of an image in the training part would
    flatter the result. Of copies the one in the test part stays, then that in the validation part.
    What else a person should know is in the `notes` of the dataset, a line each.

    Of more than 100,000 images 10,000 are drawn and read; what the others are is not known then.
    Images that did not change since an earlier check are not read, but known.

    Args:
        dataset: What `open_dataset` returned.
        workers: Threads that read; None: one for each processor, at most 8.
        rotate: How the images will be turned, see `ImageRotator`; None: they stay.
        full: Read all images, however many there are, and keep what they are.
        kept: What an earlier check found; None: nothing.

    Raises:
        InputError: No image can be used to learn from.
    """
    ranked = Samples.of(dataset.test) + dataset.validation + dataset.samples
    drawn = _drawn(len(ranked))
    if kept is None:
        places = np.arange(len(ranked)) if full else drawn
        looks = look_at(ranked[places], workers=workers, rotate=rotate)
    else:
        places, looks = kept.look_at(ranked, drawn, full=full, workers=workers)
    looked_at = ranked[places]
    left_out = unusable(looked_at, looks)
    scanned = dataset.without(left_out)
    if not len(scanned.samples) or len(left_out) == len(looked_at):
        raise _nothing_left(dataset, left_out)
    gone = {record.image for record in left_out}
    usable = np.fromiter((image not in gone for image in looked_at.images), bool, len(looked_at))
    some = np.flatnonzero(usable & np.isin(places, drawn, assume_unique=True))
    own, forms = looked_at[some], looks.forms[some]
    digests = (digest.tobytes() for digest in forms["digest"])
    fingerprint = _fingerprint(scanned, dict(zip(own, digests, strict=True)))
    shapes = dict(zip(own, map(tuple, forms["size"].tolist()), strict=True))
    sampled = None if len(places) == len(ranked) else len(places)
    scanned = replace(scanned, fingerprint=fingerprint, sampled=sampled)
    return scan_result(scanned, looks.forms[usable], shapes)


def _drawn(number: int) -> np.ndarray:
    """Return the positions of all samples, or of some of very many, the same ones every time."""
    if number <= MAX_CHECKED:
        return np.arange(number)
    return np.sort(np.random.default_rng(0).choice(number, SAMPLE_SIZE, replace=False))


def _nothing_left(dataset: Dataset, left_out: Sequence[LeftOut]) -> InputError:
    first = left_out[0]
    all_unreadable = set(kinds_of(left_out)) == {UNREADABLE}
    return InputError(
        f"{dataset.name}: expected readable images, received files of which none of "
        f"{len(left_out)} can be read: {first.reason}; choose other images"
        if all_unreadable
        else f"{dataset.name}: expected images to learn from, received {len(left_out)} of which "
        f"none can be used: {name_of(first.image)}: {first.reason}; choose other images"
    )


def _fingerprint(dataset: Dataset, digests: Mapping[Sample, bytes]) -> str:
    """Return what stands for pixels and labels; of images that were not drawn, for the labels."""
    marked = [(dataset.samples, b""), (dataset.validation, b"\0val"), (dataset.test, b"\0test")]
    parts = sorted(
        digests.get(sample, b"") + sample.label.encode() + mark
        for samples, mark in marked
        for sample in samples
    )
    return blake2b(b"\n".join(parts), digest_size=16).hexdigest()
