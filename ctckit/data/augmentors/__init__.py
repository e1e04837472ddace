"""Random changes of training images. They never reach validation or reading."""

from ctckit.data.augmentors.base import Augmentor
from ctckit.data.augmentors.elastic import RandomElasticTransform
from ctckit.data.augmentors.geometric import (
    RandomAffine,
    RandomRotate,
    RandomScale,
    RandomShear,
    RandomShift,
)
from ctckit.data.augmentors.photometric import (
    RandomBlur,
    RandomBrightness,
    RandomErodeDilate,
    RandomNoise,
    RandomSharpen,
)


def default_augmentors() -> list[Augmentor]:
    """Return the augmentors of the default recipe: every image is moved a little, each time.

    The ranges are those of `RandomAffine`: rotated by up to 3°, shifted by up to 4 % of the
    width and 6 % of the height, scaled by 0.92…1.08 in each direction, sheared by up to 0.15.
    """
    return [RandomAffine(random_chance=1.0)]


__all__ = [
    "Augmentor",
    "RandomAffine",
    "RandomBlur",
    "RandomBrightness",
    "RandomElasticTransform",
    "RandomErodeDilate",
    "RandomNoise",
    "RandomRotate",
    "RandomScale",
    "RandomSharpen",
    "RandomShear",
    "RandomShift",
    "default_augmentors",
]
