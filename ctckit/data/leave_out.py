"""Leave out what cannot be learned from, and say so by name."""

from itertools import pairwise
from pathlib import Path

from ctckit.console import LOGGER
from ctckit.data.samples import Dataset, LeftOut
from ctckit.errors import InputError
from ctckit.text import normalise

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
            f"expected labels that the network can learn, none of {len(unfit)} is: "
            f"{unfit[0].reason}; check --width, --max-text-length and --vocab"
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
        log("            %s: %s", Path(record.image).name, record.reason)
    if len(dataset.left_out) > NUM_NAMED:
        more = len(dataset.left_out) - NUM_NAMED
        LOGGER.warning("            … and %d more, named in train.log", more)
