"""What must be known of a network before it is built. No TensorFlow here."""

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Form:
    """The form of a network's input and output.

    Attributes:
        num_steps: returns the time steps of the output for images of (height, width), pixels.
        channels: that its authors trained it with, 1 or 3; None: those of the images.
        free_width: it reads images of any width, and knows where each ends in a batch.
    """

    num_steps: Callable[[int, int], int]
    channels: int | None = None
    free_width: bool = False


PEERS = {
    "mltu_captcha": Form(
        num_steps=lambda height, width: math.ceil(height / 16) * math.ceil(width / 16), channels=3
    ),
    "keras_captcha_ocr": Form(num_steps=lambda height, width: width // 4, channels=1),
}
