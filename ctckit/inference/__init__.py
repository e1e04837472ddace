"""Read text with a trained model: onnxruntime, OpenCV and NumPy, without TensorFlow."""

from ctckit.lazy import attach

_MOVED_WITH_0_2 = {
    "ctckit.evaluation": "Evaluation Prediction evaluate",
    "ctckit.report": "caption image_grid predictions_grid save_png",
}

__getattr__, __dir__, __all__ = attach(__name__, __file__, _MOVED_WITH_0_2)
