"""ctckit: train your own small-text reader and keep it as one ONNX file."""

__version__ = "0.4.0"
