"""Labelled images: what they are, what is wrong with them, and how they are split."""

from ctckit.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
