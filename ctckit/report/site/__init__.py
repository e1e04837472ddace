"""A page that reads in the browser: a folder of static files, for any host of such."""

from ctckit.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
