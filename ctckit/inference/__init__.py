"""Read text with a trained model: onnxruntime, OpenCV and NumPy, without TensorFlow."""

from ctckit.inference.evaluation import Evaluation, Prediction, evaluate
from ctckit.inference.image_to_word import ImageToWordModel, Reading
from ctckit.inference.metadata import ModelMetadata
from ctckit.inference.onnx_model import OnnxInferenceModel
from ctckit.inference.report import caption, image_grid, predictions_grid, save_png

__all__ = [
    "Evaluation",
    "ImageToWordModel",
    "ModelMetadata",
    "OnnxInferenceModel",
    "Prediction",
    "Reading",
    "caption",
    "evaluate",
    "image_grid",
    "predictions_grid",
    "save_png",
]
