"""Check that the exported file says the same as the network it came from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from ctckit.data.samples import Sample
from ctckit.export.keras_reader import keras_reader
from ctckit.inference.reader import Chunk
from ctckit.inference.session import OnnxInferenceModel
from ctckit.text.greedy import ctc_decoder
from ctckit.text.vocabulary import Vocabulary

TOLERANCE = 1e-4  # of any probability
RARE = 0.01  # share of the images in which it may be more: a steep network magnifies what
LARGEST = 1e-2  # float32 rounds, up to so much


class ExportError(RuntimeError):
    """Report that the exported file and the Keras network disagree."""


@dataclass(frozen=True)
class Parity:
    """Result of a comparison over `images` images."""

    images: int
    largest_difference: float  # of any probability
    different_texts: int
    beyond: int = 0  # images in which some probability differs by more than the tolerance

    @property
    def passed(self) -> bool:
        """Tell whether all texts are the same, and probabilities agree within 1e-4.

        In one image of a hundred they may differ by up to 1e-2: of 2,000 lines of 3,000 Chinese
        characters the median differs by 2e-7, the worst by 1e-4.
        """
        agree = self.beyond <= RARE * self.images and self.largest_difference <= LARGEST
        return agree and not self.different_texts

    def require(self) -> "Parity":
        """Return self, or raise ExportError when the comparison failed."""
        if not self.passed:
            raise ExportError(
                f"expected the ONNX file to agree with Keras within {TOLERANCE:g}, received "
                f"{self.largest_difference:.2g}, more than that in {self.beyond} of "
                f"{self.images} images, and {self.different_texts} different texts; "
                "please report the versions of tensorflow and tf2onnx"
            )
        return self


class ParityCheck:
    """Compare what a file says with what Keras says, on the images that are read anyway.

    Keras computes in full float32: newer GPUs round to TF32, about 1e-3, if they may.

    Args:
        network: the network that the file was made of.
        vocabulary: its characters.
    """

    def __init__(self, network: keras.Model, vocabulary: Vocabulary) -> None:
        self._read = keras_reader(network)
        self._vocabulary = vocabulary
        self.parity = Parity(images=0, largest_difference=0.0, different_texts=0)

    def add(self, samples: Sequence[Sample], chunk: Chunk) -> None:
        """Compare a batch."""
        self.compare(chunk.batch, chunk.probabilities)

    def compare(self, batch: np.ndarray, received: np.ndarray) -> None:
        """Compare what the file said of `batch`, (N, H, W, C), with what Keras says."""
        rounded = tf.config.experimental.tensor_float_32_execution_enabled()
        tf.config.experimental.enable_tensor_float_32_execution(False)
        try:
            expected = self._read(batch)
        finally:
            tf.config.experimental.enable_tensor_float_32_execution(rounded)
        every = np.abs(expected - received).reshape(len(batch), -1).max(axis=1)
        every = np.nan_to_num(every, nan=np.inf)
        paths = (-1, *expected.shape[-2:])  # an ensemble's are (N, M, T, V + 1)
        texts = zip(
            ctc_decoder(expected.reshape(paths), self._vocabulary),
            ctc_decoder(received.reshape(paths), self._vocabulary),
            strict=True,
        )
        before = self.parity
        self.parity = Parity(
            images=before.images + len(batch),
            largest_difference=max(before.largest_difference, float(every.max())),
            different_texts=before.different_texts + sum(a != b for a, b in texts),
            beyond=before.beyond + int(np.sum(every > TOLERANCE)),
        )


def compare(
    network: keras.Model, onnx_model: OnnxInferenceModel, batches: Iterable[np.ndarray]
) -> Parity:
    """Run both on the same batches, each (N, H, W, C), values 0…255; -1 where no image is."""
    check = ParityCheck(network, onnx_model.metadata.vocabulary)
    for batch in batches:
        check.compare(batch, onnx_model.predict_probabilities(batch))
    return check.parity
