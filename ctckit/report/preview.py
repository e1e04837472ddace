"""Images as the network sees them in a training: as they are, and varied."""

from collections.abc import Sequence

import numpy as np

from ctckit.augment.base import Augmentor
from ctckit.data.samples import Sample
from ctckit.image.steps import Step, apply_steps
from ctckit.report.grid import image_grid

NUM_VARIED = 3  # for each image


def preview_grid(
    samples: Sequence[Sample],
    steps: Sequence[Step],
    augmentors: Sequence[Augmentor],
    *,
    seed: int = 0,
) -> np.ndarray:
    """Show a row for each sample: what the steps make of it, with its label, and that varied.

    Args:
        samples: to show.
        steps: of the images, as `image_steps` returns them.
        augmentors: of the training; none shows every image once, four in a row.
        seed: of the variation.

    Returns:
        uint8 (H, W, 3), BGR.

    Raises:
        InputError: an image cannot be read, or there are no samples.
    """
    images, captions = [], []
    for position, sample in enumerate(samples):
        plain, label = apply_steps(steps, *sample)
        images.append(plain)
        captions.append(label or "(no text)")
        if augmentors:
            rng = np.random.default_rng([seed, position])
            images += [_varied(plain, label, augmentors, rng) for _ in range(NUM_VARIED)]
            captions += ["varied"] * NUM_VARIED
    return image_grid(images, captions, columns=NUM_VARIED + 1)


def _varied(
    image: np.ndarray, label: str, augmentors: Sequence[Augmentor], rng: np.random.Generator
) -> np.ndarray:
    for augmentor in augmentors:
        image, label = augmentor(image, label, rng)
    return image
