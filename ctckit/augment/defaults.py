"""The light augmentors."""

from ctckit.augment.base import Augmentor
from ctckit.augment.geometric import RandomAffine


def default_augmentors() -> list[Augmentor]:
    """Return the light augmentors: every image is moved a little, each time.

    The ranges are those of `RandomAffine`: rotated by up to 3°, shifted by up to 4 % of the
    width and 6 % of the height, scaled by 0.92…1.08 in each direction, sheared by up to 0.15.
    Of the ends of a long text no more than a third of the height is cut off.
    """
    return [RandomAffine(random_chance=1.0, max_cut=1 / 3)]
