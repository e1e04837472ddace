"""Labels typed by a person, with a reader that learns from them and suggests the next ones."""

from ctckit.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
