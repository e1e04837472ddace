"""From a trained Keras network to a checked ONNX file."""

from ctckit.export.onnx import export_onnx, plain_copy, random_images, rewrite_metadata, to_onnx
from ctckit.export.parity import ExportError, Parity, compare
from ctckit.export.quantization import AccuracyError, export_smaller, to_float16, to_int8
from ctckit.export.reader_form import export_reader, texts_that_differ, to_reader_form

__all__ = [
    "AccuracyError",
    "ExportError",
    "Parity",
    "compare",
    "export_onnx",
    "export_reader",
    "export_smaller",
    "plain_copy",
    "random_images",
    "rewrite_metadata",
    "texts_that_differ",
    "to_float16",
    "to_int8",
    "to_onnx",
    "to_reader_form",
]
