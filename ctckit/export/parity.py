"""Check that the exported file says the same as the network it came from."""

from collections.abc import Iterable
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from ctckit.inference.session import OnnxInferenceModel
from ctckit.text.greedy import ctc_decoder

TOLERANCE = 1e-4


class ExportError(RuntimeError):
    """Report that the exported file and the Keras network disagree."""


@dataclass(frozen=True)
class Parity:
    """Result of a comparison over `images` images."""

    images: int
    largest_difference: float  # of any probability
    different_texts: int

    @property
    def passed(self) -> bool:
        """Tell whether probabilities agree within 1e-4 and all texts are the same."""
        return self.largest_difference <= TOLERANCE and not self.different_texts

    def require(self) -> "Parity":
        """Return self, or raise ExportError when the comparison failed."""
        if not self.passed:
            raise ExportError(
                f"expected the ONNX file to agree with Keras within {TOLERANCE:g}, got "
                f"{self.largest_difference:.2g} and {self.different_texts} different texts in "
                f"{self.images} images; please report the versions of tensorflow and tf2onnx"
            )
        return self


def compare(
    network: keras.Model, onnx_model: OnnxInferenceModel, batches: Iterable[np.ndarray]
) -> Parity:
    """Run both on the same batches, each float32 or uint8 (N, H, W, C), values 0…255.

    Keras computes in full float32: newer GPUs round to TF32, about 1e-3, if they may.
    """
    rounded = tf.config.experimental.tensor_float_32_execution_enabled()
    tf.config.experimental.enable_tensor_float_32_execution(False)
    try:
        return _compare(network, onnx_model, batches)
    finally:
        tf.config.experimental.enable_tensor_float_32_execution(rounded)


def _compare(
    network: keras.Model, onnx_model: OnnxInferenceModel, batches: Iterable[np.ndarray]
) -> Parity:
    characters = onnx_model.metadata.vocabulary
    images = different = 0
    largest = 0.0
    for batch in batches:
        batch = np.asarray(batch, np.float32)
        expected = np.asarray(network(batch, training=False))
        received = onnx_model.predict_probabilities(batch)
        difference = float(np.abs(expected - received).max())
        largest = max(largest, difference) if difference == difference else float("inf")
        paths = (-1, *expected.shape[-2:])  # an ensemble's are (N, M, T, V + 1)
        texts = zip(
            ctc_decoder(expected.reshape(paths), characters),
            ctc_decoder(received.reshape(paths), characters),
            strict=True,
        )
        different += sum(a != b for a, b in texts)
        images += len(batch)
    return Parity(images, largest, different)
