"""Images of several widths in one batch."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

NO_IMAGE = -1  # value of what lies beyond the end of an image; no pixel has it
WIDTH_MULTIPLE = 8  # own widths are multiples of it, so that no network's grid depends on others
# Factors of its own width, at which an image is read by one that votes: a base, which does not know
# how wide characters are, and a network that does.
SEVERAL = (0.8, 1.0, 1.28, 1.6)
AROUND = (0.8, 1.0, 1.28)
MAX_OWN_WIDTH = 2048  # wider images are made narrower: memory grows with the width


def stack_images(images: Sequence[np.ndarray], empty: Callable[..., Any] = np.empty) -> np.ndarray:
    """Return images of one height, uint8 (H, W, C), as int16 (N, H, widest W, C).

    What lies beyond the end of a narrower one is `NO_IMAGE`.

    Args:
        images: one or more.
        empty: makes the array, called with shape and dtype.
    """
    height, _, channels = images[0].shape
    widest = max(image.shape[1] for image in images)
    batch: np.ndarray = empty((len(images), height, widest, channels), np.dtype(np.int16))
    for row, image in enumerate(images):
        width = image.shape[1]
        batch[row, :, :width] = image
        batch[row, :, width:] = NO_IMAGE
    return batch


def own_widths(batch: np.ndarray) -> np.ndarray:
    """Return how wide each image of a batch (N, H, W, C) is, int64 (N,), in pixels."""
    return np.asarray(np.count_nonzero(batch[:, 0, :, 0] != NO_IMAGE, axis=1))


def own_image(image: np.ndarray) -> np.ndarray:
    """Return an image of a batch, (H, W, C), without what lies beyond its end: uint8."""
    return image[:, : own_widths(image[None])[0]].astype(np.uint8)
