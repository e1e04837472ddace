"""An evaluation for people: one HTML page that needs neither network nor other files."""

from ctckit.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
