"""ONNX files, whole or not at all; without TensorFlow."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import helper, numpy_helper
from onnx.checker import ValidationError

from ctckit.errors import InputError
from ctckit.files import replace_atomically
from ctckit.inference.metadata import ModelMetadata

TEMPERATURE = "confidence_temperature"  # the number that a reader form computes with


def load_onnx(path: str | Path) -> onnx.ModelProto:
    """Return what an ONNX file holds.

    Raises:
        InputError: it is none or damaged, or its numbers lie in a file outside of its folder.
    """
    try:
        return onnx.load(str(path))
    except (OSError, ValueError, DecodeError, ValidationError) as error:
        raise InputError(
            f"{path}: expected an ONNX model, received a file that is none or is damaged, or that "
            f"leads elsewhere ({error}); copy or export it again"
        ) from error


def write_facts(path: str | Path, **facts: Any) -> None:
    """Change facts of the metadata in a file of any form, whole or not at all.

    Network forms leave the `confidence_temperature` to their readers; a reader form computes with
    it.

    Args:
        path: the file.
        facts: some attributes of `ctckit.inference.ModelMetadata`, by name.
    """
    model = load_onnx(path)
    strings = {item.key: item.value for item in model.metadata_props}
    metadata = replace(ModelMetadata.from_strings(strings), **facts)
    helper.set_model_props(model, strings | metadata.to_strings())
    for tensor in model.graph.initializer:
        if tensor.name == TEMPERATURE:
            value = np.array(metadata.confidence_temperature, np.float32)
            tensor.CopyFrom(numpy_helper.from_array(value, TEMPERATURE))
    save_onnx(model, path)


def save_onnx(model: onnx.ModelProto, path: str | Path) -> Path:
    """Write `model` as a file, whole or not at all."""
    with replace_atomically(Path(path)) as temporary:
        onnx.save(model, str(temporary))
    return Path(path)
