"""What networks are made of. Imports Keras and TensorFlow."""

from ctckit.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
