"""Let mltu's readers, transformers and augmentors work as steps and augmentors of ours.

mltu's own pass images around in objects, and its augmentors draw from NumPy's global generator.
mltu is only imported where one of its objects is met.
"""

from collections.abc import Callable
from threading import Lock
from typing import Any

import cv2
import numpy as np

from ctckit.augment.base import AugmentorLike, as_augmentor
from ctckit.errors import InputError
from ctckit.image.steps import Step

# mltu's steps that ask for its image object; the others take plain arrays.
_IMAGE_OBJECT_STEPS = ("ImageCropper", "ImageNormalizer", "ImageResizer", "ImageShowCV2")

_GLOBAL_GENERATOR = Lock()


def adapt_step(step: Step) -> Step:
    """Return a step that takes and gives plain arrays: `step` itself unless it is mltu's."""
    return _MltuStep(step) if _is_mltu(step) else step


def adapt_augmentor(augmentor: Callable) -> AugmentorLike:
    """Return `augmentor` in the form `(image, label, rng) -> (image, label)`.

    Args:
        augmentor: One of ours, one of mltu's, or any callable of two or three arguments.

    Raises:
        InputError: It cannot be called with two or three arguments.
    """
    return _MltuAugmentor(augmentor) if _is_mltu(augmentor) else as_augmentor(augmentor)


def _is_mltu(step: object) -> bool:
    """Say whether `step` is an object of mltu's, or of a class derived from one."""
    return any(kind.__module__.split(".")[0] == "mltu" for kind in type(step).__mro__)


class _MltuStep:
    """Wrap arrays into mltu's image object where its step wants one, and unwrap the result."""

    def __init__(self, step: Callable) -> None:
        self.step = step
        names = {kind.__name__ for kind in type(step).__mro__}
        self.wants_object = not names.isdisjoint(_IMAGE_OBJECT_STEPS)

    def __call__(self, image: Any, label: Any) -> tuple[Any, Any]:
        source = image
        if self.wants_object and isinstance(image, np.ndarray):
            image = _to_mltu(image)
        try:
            image, label = self.step(image, label)
        except FileNotFoundError as error:
            raise InputError(f"cannot read {source}: No such file or directory") from error
        if image is None:
            raise InputError(f"cannot read {source}: not an image, or a damaged one")
        return _from_mltu(image), label


class _MltuAugmentor:
    """Run mltu's augmentor on a copy, with NumPy's global generator seeded from ours.

    The global generator is put back as it was. Greyscale passes through as BGR, as mltu's
    augmentors need, and a result of another size (mltu's rotation grows the image) is resized.
    """

    def __init__(self, augmentor: Callable) -> None:
        self.augmentor = augmentor

    def __call__(
        self, image: np.ndarray, label: Any, rng: np.random.Generator
    ) -> tuple[np.ndarray, Any]:
        grey = image.shape[-1] == 1
        copy = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR) if grey else image.copy()
        with _GLOBAL_GENERATOR:
            state = np.random.get_state()
            np.random.seed(rng.integers(2**32, dtype=np.uint32))
            try:
                changed, label = self.augmentor(_to_mltu(copy), label)
            finally:
                np.random.set_state(state)
        return _like(_from_mltu(changed), image), label


def _like(changed: np.ndarray, image: np.ndarray) -> np.ndarray:
    """Return `changed` with the size, channels and dtype of `image`."""
    height, width, channels = image.shape
    if changed.shape[:2] != (height, width):
        changed = cv2.resize(changed, (width, height), interpolation=cv2.INTER_AREA)
    changed = np.ascontiguousarray(changed, dtype=image.dtype)
    if channels == 1 and changed.shape[-1] == 3:
        changed = cv2.cvtColor(changed, cv2.COLOR_BGR2GRAY)
    return changed.reshape(image.shape)


def _to_mltu(image: np.ndarray) -> Any:
    from mltu.annotations.images import CVImage

    return CVImage(image)


def _from_mltu(image: Any) -> Any:
    """Unwrap mltu's image object; pixels without an axis for their channels get one."""
    pixels = image if isinstance(image, np.ndarray) else image.numpy()
    return pixels[..., None] if pixels.ndim == 2 else pixels
