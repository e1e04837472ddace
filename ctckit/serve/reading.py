"""Read a batch of images of several requests."""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from ctckit.errors import InputError
from ctckit.image.content import require_few_pixels
from ctckit.image.widths import stack_images
from ctckit.inference.reader import ImageToWordModel, Reading
from ctckit.text.alignment import Character, align_by_reader
from ctckit.text.constrained.constraint import Constraint

LIKE_WIDTHS = 1.5  # images up to so many times as wide as the narrowest are read together
NAME = "the given image"  # what messages call it


class Asked(NamedTuple):
    """An image to read.

    Attributes:
        content: of its file.
        constraint: spelled as the model writes; None: the reader's own.
    """

    content: bytes
    constraint: Constraint | None = None


class Found(NamedTuple):
    """What was read in an image.

    Attributes:
        reading: text and confidence.
        characters: of the text; none where it does not fit into what the telling one of several
            networks saw.
    """

    reading: Reading
    characters: list[Character]


class _Prepared(NamedTuple):
    place: int
    made: np.ndarray


def read_batch(
    model: ImageToWordModel, asked: Sequence[Asked], max_pixels: int
) -> list[Found | InputError]:
    """Return what is read in each image, or why it cannot be read."""
    answers: list[Found | InputError | None] = [None] * len(asked)
    prepared: list[_Prepared] = []
    for place, one in enumerate(asked):
        try:
            require_few_pixels(one.content, max_pixels, NAME)
            prepared.append(_Prepared(place, model.prepare(one.content)))
        except InputError as error:
            answers[place] = error
    for group in _of_like_widths(prepared):
        for member, answer in zip(group, _read_group(model, asked, group), strict=True):
            answers[member.place] = answer
    return [answer for answer in answers if answer is not None]


def _read_group(
    model: ImageToWordModel, asked: Sequence[Asked], group: Sequence[_Prepared]
) -> Iterator[Found | InputError]:
    """Run the network, and yield what it says of each image."""
    stack = stack_images if model.metadata.width is None else np.stack
    batch = stack([one.made for one in group])
    probabilities = model.predict_probabilities(batch)
    readings = _readings(model, probabilities, [asked[one.place].constraint for one in group])
    for one, said, reading in zip(group, probabilities, readings, strict=True):
        if isinstance(reading, InputError):
            yield reading
        else:
            share = one.made.shape[1] / batch.shape[2]
            yield Found(reading, _characters(model, asked[one.place].content, said, reading, share))


def _of_like_widths(prepared: list[_Prepared]) -> Iterator[list[_Prepared]]:
    """Part images of many widths, so that little of a batch is no image."""
    group: list[_Prepared] = []
    for one in sorted(prepared, key=lambda one: one.made.shape[1]):
        if group and one.made.shape[1] > LIKE_WIDTHS * group[0].made.shape[1]:
            yield group
            group = []
        group.append(one)
    if group:
        yield group


def _readings(
    model: ImageToWordModel, probabilities: np.ndarray, constraints: Sequence[Constraint | None]
) -> Sequence[Reading | InputError]:
    if not any(constraints) and model.constraint is None:
        return model.readings_of(probabilities)
    return [
        _reading(model, probabilities[place : place + 1], constraint)
        for place, constraint in enumerate(constraints)
    ]


def _reading(
    model: ImageToWordModel, probabilities: np.ndarray, constraint: Constraint | None
) -> Reading | InputError:
    try:
        return model.readings_of(probabilities, constraint)[0]
    except InputError as error:  # no text that is allowed fits into this image
        return error


def _characters(
    model: ImageToWordModel, content: bytes, said: np.ndarray, reading: Reading, share: float
) -> list[Character]:
    """Return where the characters are; the image takes a share of the width of its batch."""
    try:
        if model.reading_widths != (1.0,):  # what was said at the first of them has been filled up
            return model.characters(content, reading.text)
        members = said if said.ndim == 3 else said[None]
        steps = math.ceil(round(members.shape[1] * share, 6))
        return align_by_reader(members[:, :steps], reading.text, model.metadata.vocabulary)
    except InputError:  # read at another width only, which has more time steps
        return []
