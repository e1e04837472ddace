"""Training: batches, loss, metric, recipe and callbacks. Imports Keras and TensorFlow."""

from ctckit.lazy import attach

_MOVED_WITH_0_2 = {
    "ctckit.networks": "residual_block keep_freed_memory",
}

__getattr__, __dir__, __all__ = attach(__name__, __file__, _MOVED_WITH_0_2)
