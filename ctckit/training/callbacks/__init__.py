"""What happens around the epochs of a run."""

from ctckit.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
