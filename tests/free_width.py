"""A network with a free width that is as hard to keep apart from its company as a trained one."""

from collections.abc import Sequence

import keras
import numpy as np

from ctckit.image.widths import NO_IMAGE, stack_images
from ctckit.inference.metadata import ModelMetadata
from ctckit.text.vocabulary import Vocabulary
from model import crnn

VOCABULARY = Vocabulary("0123456789")
HEIGHT = 32
METADATA = ModelMetadata(
    vocabulary=VOCABULARY, height=HEIGHT, width=None, channels=1, keep_aspect_ratio=False
)


def reading_network(seed: int = 0, *, width: int | None = None, size: float = 0.25) -> keras.Model:
    """Return a `crnn`, by default a small one.

    Its weights and statistics are random, of the scale of trained ones.
    """
    images = keras.layers.Input((HEIGHT, width, 1), name="image")
    outputs = crnn(images, VOCABULARY.num_classes, size)
    network = keras.Model(images, outputs[0], name="crnn")
    rng = np.random.default_rng(seed + 1)  # that of 0 reads nearly the same of all images
    network.set_weights([_weight(rng, variable) for variable in network.weights])
    return network


def _weight(rng: np.random.Generator, variable: keras.Variable) -> np.ndarray:
    """Return numbers for a weight: untrained ones are too small for much to depend on them."""
    name, shape = variable.path.split("/")[-1], tuple(variable.shape)
    if name in ("moving_variance", "gamma"):
        return rng.uniform(0.5, 1.5, shape)
    if name in ("moving_mean", "beta", "bias"):
        return rng.normal(0, 0.5, shape)
    if "depthwise" in variable.path:  # nine numbers for each channel
        return rng.normal(0, 0.75, shape)
    spread = 6 if "probabilities" in variable.path else 1.5
    return rng.normal(0, spread / np.sqrt(np.prod(shape[:-1])), shape)


def noise(widths: Sequence[int], seed: int = 0) -> list[np.ndarray]:
    """Return noisy images, uint8 (H, width, 1), darker and lighter along their width."""
    rng = np.random.default_rng(seed)
    images = []
    for width in widths:
        levels = np.repeat(rng.uniform(0, 255, -(-width // 4)), 4)[:width]
        pixels = levels[None, :, None] + rng.normal(0, 40, (HEIGHT, width, 1))
        images.append(np.clip(pixels, 0, 255).astype(np.uint8))
    return images


def in_company(images: Sequence[np.ndarray], further: int = 0) -> np.ndarray:
    """Return one batch, int16 (N, H, W, 1), that goes on for `further` columns of no image."""
    batch = stack_images(images)
    return np.pad(batch, ((0, 0), (0, 0), (0, further), (0, 0)), constant_values=NO_IMAGE)
