"""Characters and ids, network output to text, and how wrong a text is. Plain NumPy."""

from ctckit.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
