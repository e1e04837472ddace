"""Where labelled images come from."""

from ctckit.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
