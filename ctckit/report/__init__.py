"""Show it: pictures of many images, curves, and a page."""

from ctckit.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
