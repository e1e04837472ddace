"""Random changes of training images. They never reach validation or reading."""

from ctckit.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
