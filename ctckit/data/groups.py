"""Which samples belong together, so that a split keeps them on one side."""

import re
from collections.abc import Callable, Sequence

from ctckit.data.samples import Sample
from ctckit.errors import InputError
from ctckit.image.address import name_of

GroupOf = Callable[[Sample], str]


def key_of_groups(rule: str) -> GroupOf:
    """Return what names the group of a sample.

    Args:
        rule: "label": samples with the same text belong together; else a regular expression that
            the names of files begin with: those with the same first group of it, or the same
            match where it has none, belong together, and one that does not match stands alone.

    Raises:
        InputError: the rule is no regular expression.

    >>> key_of_groups("[a-z]+[0-9]+")(Sample("forms/a01-000u.png", "MOVE"))
    'a01'
    """
    if rule == "label":
        return lambda sample: sample.label
    try:
        pattern = re.compile(rule)
    except re.error as error:
        raise InputError(
            f"expected label or a regular expression, received '{rule}': {error}; put a \\ before "
            "a bracket that is meant itself",
            argument="group_by",
        ) from None

    def key(sample: Sample) -> str:
        match = pattern.match(name_of(sample.image))
        return sample.image if match is None else match[1 if pattern.groups else 0] or ""

    return key


def require_groups(samples: Sequence[Sample], rule: str) -> None:
    """Refuse a rule that puts no samples together: a slip in it would go unnoticed.

    Raises:
        InputError: it is so.
    """
    key = key_of_groups(rule)
    number = len({key(sample) for sample in samples})
    if number == len(samples):
        raise InputError(
            f"expected a rule that puts some of {number} samples together, received '{rule}', "
            f"which puts none, such as {name_of(samples[0].image)}; leave it out or correct it",
            argument="group_by",
        )
