"""Read only what can be: texts of a pattern, of a length or of a list."""

from ctckit.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
