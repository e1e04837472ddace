"""Read text with a trained model: onnxruntime, OpenCV and NumPy, without TensorFlow."""

from ctckit.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
