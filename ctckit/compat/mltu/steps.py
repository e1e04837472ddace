"""Steps with the arguments that mltu's take."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from ctckit.data.label_steps import LabelPadding as LabelPadding
from ctckit.errors import InputError
from ctckit.image.decode import ImageReader as OwnImageReader
from ctckit.image.resize import ImageResizer as ImageResizer


class CVImage:
    """Stand where scripts name mltu's class of images; here they are plain arrays."""


class ImageReader(OwnImageReader):
    """Read an image into a uint8 array (H, W, channels): see `ctckit.image.ImageReader`.

    Args:
        method: what scripts give to mltu's: `CVImage`, or of its first versions how OpenCV is to
            read. `cv2.IMREAD_GRAYSCALE` gives 1 channel, all others 3.
    """

    def __init__(self, method: type | int = cv2.IMREAD_COLOR) -> None:
        super().__init__(channels=1 if method == cv2.IMREAD_GRAYSCALE else 3)


class LabelIndexer:
    """Turn a text into the places of its characters in `vocab`, whose order stays as it is.

    So what reads later decodes with the same `vocab`; `ctckit.data.LabelIndexer` sorts it.

    Args:
        vocab: different characters.

    Raises:
        InputError: a character comes twice.
    """

    def __init__(self, vocab: str | Sequence[str]) -> None:
        self.vocab = list(vocab)
        self._ids = {character: place for place, character in enumerate(self.vocab)}
        if len(self._ids) != len(self.vocab):
            raise InputError(
                f"expected different characters, received {''.join(self.vocab)!r}; "
                "make it of a set: ''.join(sorted(set(…)))",
                argument="vocab",
            )

    def __call__(self, image: Any, label: str) -> tuple[Any, np.ndarray]:
        """Return `image` as it came, and the ids of `label`: int32 (len(label),).

        Raises:
            InputError: `label` has characters that are not in `vocab`.
        """
        unknown = sorted(set(label) - self._ids.keys())
        if unknown:
            raise InputError(
                f"label {label!r}: expected characters of '{''.join(self.vocab)}', received "
                f"{', '.join(map(repr, unknown))}; correct the label or add them to vocab"
            )
        return image, np.array([self._ids[character] for character in label], np.int32)
