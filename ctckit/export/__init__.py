"""From a trained Keras network to a checked ONNX file."""

from ctckit.export.onnx import export_onnx, random_images, to_onnx
from ctckit.export.parity import ExportError, Parity, compare

__all__ = ["ExportError", "Parity", "compare", "export_onnx", "random_images", "to_onnx"]
