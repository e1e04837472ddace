"""From a Keras network to one ONNX file that knows how to be used."""

import logging
from pathlib import Path

import keras
import numpy as np
import onnx
import tensorflow as tf
import tf2onnx

from ctckit.export.onnx_file import save_onnx
from ctckit.inference.metadata import ModelMetadata
from ctckit.networks.plain import plain_copy

OPSET = 17  # read by every onnxruntime since 1.12; newer ones bring nothing to these graphs
INPUT_NAME = "image"
OUTPUT_NAME = "probabilities"


def to_onnx(network: keras.Model, metadata: ModelMetadata) -> onnx.ModelProto:
    """Convert a network with one input and one output.

    Args:
        network: images float32 (N, H, W, C), values 0…255, to probabilities (N, T, V + 1).
        metadata: stored in the file as JSON strings.

    Returns:
        A checked model with input `image` and output `probabilities`; N is free.
    """
    network = plain_copy(network)
    signature = [tf.TensorSpec((None, *network.input_shape[1:]), tf.float32, name=INPUT_NAME)]

    @tf.function(input_signature=signature)
    def read(image):
        return {OUTPUT_NAME: network(image, training=False)}

    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    model, _ = tf2onnx.convert.from_function(read, input_signature=signature, opset=OPSET)
    _name_dimensions(model.graph.input[0], ("N", *network.input_shape[1:]))
    _name_dimensions(model.graph.output[0], ("N", *network.output_shape[1:]))
    onnx.helper.set_model_props(model, metadata.to_strings())
    model.producer_name, model.producer_version = "ctckit", metadata.ctckit_version
    onnx.checker.check_model(model, full_check=True)
    return model


def export_onnx(network: keras.Model, path: str | Path, metadata: ModelMetadata) -> Path:
    """Write `network` as an ONNX file, whole or not at all."""
    return save_onnx(to_onnx(network, metadata), path)


def _name_dimensions(value: onnx.ValueInfoProto, shape: tuple[int | str, ...]) -> None:
    dimensions = value.type.tensor_type.shape
    dimensions.ClearField("dim")
    for size in shape:
        if isinstance(size, str):
            dimensions.dim.add().dim_param = size
        else:
            dimensions.dim.add().dim_value = size


def random_images(network: keras.Model, count: int = 2) -> np.ndarray:
    """Return noise of the network's input form, float32 (count, H, W, C), values 0…255."""
    shape = (count, *network.input_shape[1:])
    return np.random.default_rng(0).uniform(0, 255, shape).astype(np.float32)
