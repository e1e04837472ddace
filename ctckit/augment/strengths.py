"""How much training images are varied, by name."""

from collections.abc import Callable

from ctckit.augment.base import Augmentor
from ctckit.augment.cutout import RandomCutout
from ctckit.augment.defaults import default_augmentors
from ctckit.augment.elastic import RandomElastic
from ctckit.augment.geometric import RandomAffine
from ctckit.augment.noise import RandomNoise
from ctckit.augment.sharpness import RandomBlur
from ctckit.augment.stroke import RandomErodeDilate
from ctckit.augment.tone import RandomTone
from ctckit.errors import InputError, nearest_name


def strong_augmentors() -> list[Augmentor]:
    """Return augmentors for handwriting and photographs: each image gets several changes."""
    return [
        RandomAffine(
            random_chance=0.9,
            rotate_degrees=5.0,
            shift_range=(0.04, 0.1),
            scale_range=(0.82, 1.15),
            shear_range=(-0.35, 0.35),
        ),
        RandomElastic(random_chance=0.5, amount_range=(0.03, 0.07)),
        RandomErodeDilate(random_chance=0.2, amount_range=(0.3, 0.8)),
        RandomTone(random_chance=0.5),
        RandomBlur(random_chance=0.2, sigma_range=(0.3, 1.2)),
        RandomNoise(random_chance=0.2, sigma_range=(2.0, 14.0)),
        RandomCutout(random_chance=0.3, size_range=(0.08, 0.28), max_patches=3),
    ]


STRENGTHS: dict[str, Callable[[], list[Augmentor]]] = {
    "none": list,
    "light": default_augmentors,  # text as programs draw it, and clean scans
    "strong": strong_augmentors,  # handwriting and photographs
}


def augmentors_of(strength: str) -> list[Augmentor]:
    """Return the augmentors of a strength: none, light or strong.

    Raises:
        InputError: there is no such strength.
    """
    if strength not in STRENGTHS:
        raise InputError(
            f"augmentors_of: expected one of {', '.join(STRENGTHS)}, received {strength!r}."
            f"{nearest_name(str(strength), STRENGTHS)}"
        )
    return STRENGTHS[strength]()
