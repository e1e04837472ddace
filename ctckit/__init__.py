"""ctckit: train your own small-text reader and keep it as one ONNX file."""

import os

__version__ = "0.4.0"

# Onnxruntime from 1.29 on writes an identifier to the home folder and sends what it does to its
# makers, unless this is said before it starts.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
