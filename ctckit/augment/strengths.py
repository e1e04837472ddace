"""How much training images are varied, by name."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from ctckit import augment  # its parts are loaded at their first use: a configuration needs none
from ctckit.errors import InputError, nearest_name

if TYPE_CHECKING:
    from ctckit.augment.base import Augmentor


def light_augmentors() -> "list[Augmentor]":
    """Return augmentors for texts that programs draw and for clean scans."""
    return augment.default_augmentors()


def strong_augmentors() -> "list[Augmentor]":
    """Return augmentors for handwriting and photographs: several changes of each image."""
    return [
        augment.RandomAffine(
            random_chance=0.9,
            rotate_degrees=5.0,
            shift_range=(0.04, 0.1),
            scale_range=(0.82, 1.15),
            shear_range=(-0.35, 0.35),
            max_cut=0.25,
        ),
        augment.RandomElastic(random_chance=0.5, amount_range=(0.03, 0.07)),
        augment.RandomErodeDilate(random_chance=0.2, amount_range=(0.3, 0.8)),
        augment.RandomTone(random_chance=0.5),
        augment.RandomBlur(random_chance=0.2, sigma_range=(0.3, 1.2)),
        augment.RandomNoise(random_chance=0.2, sigma_range=(2.0, 14.0)),
        augment.RandomCutout(random_chance=0.3, size_range=(0.08, 0.28), max_patches=3),
    ]


STRENGTHS: "dict[str, Callable[[], list[Augmentor]]]" = {
    "none": list,
    "light": light_augmentors,
    "strong": strong_augmentors,
    "growing": light_augmentors,
}
LATER: "dict[str, Callable[[], list[Augmentor]]]" = {"growing": strong_augmentors}


def augmentors_of(strength: str) -> "list[Augmentor]":
    """Return the augmentors of a strength, those from the first epoch on.

    Args:
        strength: none, light, strong, or growing, which begins as light.

    Raises:
        InputError: there is no such strength.
    """
    if strength not in STRENGTHS:
        raise InputError(
            f"augmentors_of: expected one of {', '.join(STRENGTHS)}, received {strength!r}; "
            f"choose one of them.{nearest_name(str(strength), STRENGTHS)}"
        )
    return STRENGTHS[strength]()


def later_augmentors_of(strength: str) -> "list[Augmentor] | None":
    """Return those that take their place in a long run; None: the first ones stay.

    Growing becomes strong, when half of the texts are read: what a network cannot read yet, it
    learns the more slowly the more it is varied; what it can, it learns more surely, in time.

    Args:
        strength: as of `augmentors_of`.
    """
    later = LATER.get(strength)
    return later and later()
