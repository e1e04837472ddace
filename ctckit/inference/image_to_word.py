"""From an image to the text on it."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ctckit.data import apply_steps, image_steps
from ctckit.inference.onnx_model import OnnxInferenceModel
from ctckit.text import greedy_decode

Image = np.ndarray | str | Path


class Reading(NamedTuple):
    """The text read, and the probability of the network's best path, 0…1."""

    text: str
    confidence: float


class ImageToWordModel(OnnxInferenceModel):
    """Read the text of images with a trained model; the `.onnx` file is all it needs.

    Images are paths of files, or arrays as `cv2.imread` gives them: uint8 (H, W), (H, W, 1),
    (H, W, 3) in the order BGR, or (H, W, 4) in the order BGRA; of any size. They pass the same
    steps as in training.

    Use: `ImageToWordModel("Models/captcha_20250101-120000").predict("captcha.png")`
    """

    def predict(self, image: Image) -> str:
        """Return the text of one image.

        Raises:
            InputError: the image cannot be read.
        """
        return self.read_one(image).text

    def read_one(self, image: Image) -> Reading:
        """Return text and confidence of one image; errors are those of `predict`."""
        return self._readings(self.prepare(image)[None])[0]

    def read(self, images: Sequence[Image], batch_size: int = 32) -> list[Reading]:
        """Read many images, `batch_size` of them at once.

        Raises:
            InputError: one of them cannot be read.
        """
        return list(self.iterate(images, batch_size))

    def iterate(self, images: Sequence[Image], batch_size: int = 32) -> Iterator[Reading]:
        """Yield the readings one after the other; arguments and errors are those of `read`."""
        for batch in self._batches(images, batch_size):
            yield from self._readings(batch)

    def prepare(self, image: Image) -> np.ndarray:
        """Return the network's input for `image`, uint8 (H, W, C), equal to that of training."""
        return apply_steps(self._steps, image)[0]

    @cached_property
    def _steps(self) -> list:
        facts = self.metadata
        return image_steps(
            height=facts.height,
            width=facts.width,
            channels=facts.channels,
            keep_aspect_ratio=facts.keep_aspect_ratio,
        )

    def _readings(self, batch: np.ndarray) -> list[Reading]:
        probabilities = self.predict_probabilities(batch)
        texts, confidences = greedy_decode(probabilities, self.metadata.vocabulary)
        return list(map(Reading, texts, confidences.tolist()))

    def _batches(self, images: Sequence[Image], batch_size: int) -> Iterator[np.ndarray]:
        """Yield uint8 (n, H, W, C); threads prepare the next batch while one is being read."""
        chunks = [images[start : start + batch_size] for start in range(0, len(images), batch_size)]
        with ThreadPoolExecutor() as pool:
            ahead: Iterable[np.ndarray] | None = None
            for chunk in chunks:
                current, ahead = ahead, pool.map(self.prepare, chunk)
                if current is not None:
                    yield np.stack(list(current))
            if ahead is not None:
                yield np.stack(list(ahead))
