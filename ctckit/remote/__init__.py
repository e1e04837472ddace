"""What lies elsewhere: fetched once, published where it is asked for."""

from ctckit.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
