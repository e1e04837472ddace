"""The images of the page: PNG inside the page itself, and what was read in each."""

from base64 import b64encode
from typing import NamedTuple

import cv2
import numpy as np

from ctckit.evaluation.errors import Segment, differences
from ctckit.evaluation.evaluation import NUM_WORST, Evaluation, Prediction
from ctckit.image.address import name_of

MAX_IMAGES = NUM_WORST  # those whose pixels an evaluation keeps
SHOWN_AT_ONCE = 12  # the others are folded away


class Picture(NamedTuple):
    """What a card of the page shows.

    Attributes:
        prediction: the texts and the confidence.
        segments: the label and the text read, as they were compared, cut where they differ.
        name: of the image's file.
        source: the image as a data URI.
        height: of the image before it was made smaller, in pixels.
        width: likewise.
    """

    prediction: Prediction
    segments: list[Segment]
    name: str
    source: str
    height: int
    width: int


def picture(evaluation: Evaluation, prediction: Prediction) -> Picture:
    """Return what the card of one `prediction` of `evaluation` shows.

    Raises:
        InputError: the image cannot be read any more.
    """
    pixels = evaluation.pixels(prediction)
    return Picture(
        prediction=prediction,
        segments=differences(
            evaluation.leniency(prediction.label), evaluation.leniency(prediction.text)
        ),
        name=name_of(prediction.image),
        source=inline_png(pixels),
        height=pixels.shape[0],
        width=pixels.shape[1],
    )


def inline_png(image: np.ndarray, longest: int = 400) -> str:
    """Return `image`, uint8 (H, W, 3) BGR, as a data URI; no side longer than `longest`."""
    scale = longest / max(image.shape[:2])
    if scale < 1:
        size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    if (image == image[..., :1]).all():
        image = image[..., 0]  # grey takes less
    _, data = cv2.imencode(".png", image)
    return f"data:image/png;base64,{b64encode(data.tobytes()).decode('ascii')}"
