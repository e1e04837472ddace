"""Draw images of texts, to learn from before there are real ones."""

from ctckit.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
