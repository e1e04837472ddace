"""How well a model reads, where it errs, and how far its confidence can be trusted."""

from ctckit.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
