"""From a trained Keras network to a checked ONNX file."""

from ctckit.lazy import attach

_MOVED_WITH_0_2 = {
    "ctckit.networks": "plain_copy",
}

__getattr__, __dir__, __all__ = attach(__name__, __file__, _MOVED_WITH_0_2)
