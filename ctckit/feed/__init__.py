"""From samples to batches, in the order that seed, epoch and step say."""

from ctckit.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
