"""ONNX files, whole or not at all; without TensorFlow."""

from pathlib import Path

import onnx

from ctckit.files import replace_atomically
from ctckit.inference.metadata import ModelMetadata


def rewrite_metadata(path: str | Path, metadata: ModelMetadata) -> None:
    """Replace what an ONNX file says about itself, whole or not at all."""
    model = onnx.load(str(path))
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, metadata.to_strings())
    save_onnx(model, path)


def save_onnx(model: onnx.ModelProto, path: str | Path) -> Path:
    """Write `model` as a file, whole or not at all."""
    with replace_atomically(Path(path)) as temporary:
        onnx.save(model, str(temporary))
    return Path(path)
