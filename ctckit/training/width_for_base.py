"""How wide a base wants to see images, so that it reads them as it has learned to."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

import numpy as np

from ctckit.data.samples import Sample
from ctckit.errors import InputError
from ctckit.image.decode import ImageReader
from ctckit.image.rotate import ImageRotator
from ctckit.image.widths import SEVERAL
from ctckit.inference.reader import ImageToWordModel
from ctckit.run_folder import RunFolder
from ctckit.training.configs import TrainConfigs

LOOKED_AT = 100  # images
NEAR = 0.95  # of the greatest mean confidence


def stretch_for_base(
    run: RunFolder, configs: TrainConfigs, samples: Sequence[Sample]
) -> float | None:
    """Return how much wider than they are a base reads the images of a set surely.

    It is the least stretch, among those at which the base reads, whose mean confidence is near the
    greatest: width costs time. The labels tell which characters there are, and nothing else.

    Args:
        run: the base.
        configs: of the training; how images are turned and labels spelled.
        samples: of which up to a hundred are looked at.

    Returns:
        None where the base knows no character of the labels.
    """
    plain = ImageToWordModel(run.onnx).metadata
    used = set().union(*(configs.spell(sample.label) for sample in samples))
    characters = "".join(sorted(used & set(plain.vocabulary.characters)))
    images = list(_pixels(configs, samples[:: -(-len(samples) // LOOKED_AT)]))
    if not characters or not images:
        return None
    sureness = {}
    for width in SEVERAL:
        reader = ImageToWordModel(run.onnx, characters=characters, reading_widths=(width,))
        sureness[width] = np.mean([reading.confidence for reading in reader.read(images)])
    enough = NEAR * max(sureness.values())
    return plain.stretch * min(width for width, sure in sureness.items() if sure >= enough)


def _pixels(configs: TrainConfigs, samples: Sequence[Sample]) -> Iterator[np.ndarray]:
    """Yield the images that can be read, turned."""
    read = ImageReader(3)
    for image, _ in samples:
        with suppress(InputError):
            pixels = read(image, "")[0]
            yield pixels if configs.rotate is None else ImageRotator(configs.rotate)(pixels, "")[0]
