"""From an address to the network's input: all that a reader needs of images."""

from ctckit.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
