"""What tests of augmentors share."""

import numpy as np

from tests.drawing import draw_text


def picture(channels=3):
    """Return a text with a blue field: uint8 (40, 120, C)."""
    image = draw_text("2345", height=40, width=120)
    image[5:15, 5:30] = (180, 60, 20)
    return np.ascontiguousarray(image[..., :channels])


def run(augmentor, image, seed=0):
    """Return what the augmentor makes of the image, and of the label `text`."""
    return augmentor(image, "text", np.random.default_rng(seed))
