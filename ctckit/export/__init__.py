"""From a trained Keras network to a checked ONNX file."""

from ctckit.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
