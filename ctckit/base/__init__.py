"""The network that comes with the package: it reads drawn texts of many kinds."""

from ctckit.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
