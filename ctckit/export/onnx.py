"""From a Keras network to one ONNX file that knows how to be used."""

import logging
from pathlib import Path

import keras
import numpy as np
import onnx
import tensorflow as tf
import tf2onnx

from ctckit.export.lean import make_lean
from ctckit.export.onnx_file import save_onnx
from ctckit.export.own_steps import both_ways_lstms, give_own_steps, without_lstm_masks
from ctckit.export.products import with_plain_products
from ctckit.image.widths import NO_IMAGE
from ctckit.inference.metadata import ModelMetadata
from ctckit.networks.plain import plain_copy

OPSET = 17  # read by every onnxruntime since 1.12; newer ones bring nothing to these graphs
INPUT_NAME = "image"
OUTPUT_NAME = "probabilities"
WIDEST = 96  # of `random_images`, in pixels


def to_onnx(network: keras.Model, metadata: ModelMetadata) -> onnx.ModelProto:
    """Convert a network with one input and one output.

    Args:
        network: images float32 (N, H, W, C), values 0…255, to probabilities (N, T, V + 1). W and T
            may be free: what lies beyond the end of an image is `ctckit.image.NO_IMAGE`.
        metadata: stored in the file as JSON strings.

    Returns:
        A checked model with input `image` and output `probabilities`; N is free.
    """
    model = to_plain_onnx(network)
    onnx.helper.set_model_props(model, metadata.to_strings())
    model.producer_name, model.producer_version = "ctckit", metadata.ctckit_version
    return model


def to_plain_onnx(network: keras.Model) -> onnx.ModelProto:
    """Convert as `to_onnx` does, into a model that says nothing of itself."""
    network = with_plain_products(plain_copy(network))
    width_is_free = network.input_shape[2] is None
    model = _convert_free_width(network) if width_is_free else _convert(network)
    _name_dimensions(model.graph.input[0], ("N", *network.input_shape[1:]), free="W")
    _name_dimensions(model.graph.output[0], ("N", *network.output_shape[1:]), free="T")
    make_lean(model)
    onnx.checker.check_model(model, full_check=True)
    return model


def _convert(network: keras.Model) -> onnx.ModelProto:
    signature = [tf.TensorSpec((None, *network.input_shape[1:]), tf.float32, name=INPUT_NAME)]

    @tf.function(input_signature=signature)
    def read(image):
        return {OUTPUT_NAME: network(image, training=False)}

    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    model, _ = tf2onnx.convert.from_function(read, input_signature=signature, opset=OPSET)
    return model


def _convert_free_width(network: keras.Model) -> onnx.ModelProto:
    """Convert with LSTM operators; what the converter makes none of stays a loop with a mask."""
    unmasked, num_lstms = without_lstm_masks(network)
    model = _convert(unmasked)
    if len(both_ways_lstms(model.graph)) != num_lstms:
        return _convert(network)
    return give_own_steps(model) if num_lstms else model


def export_onnx(network: keras.Model, path: str | Path, metadata: ModelMetadata) -> Path:
    """Write `network` as an ONNX file, whole or not at all."""
    return save_onnx(to_onnx(network, metadata), path)


def _name_dimensions(
    value: onnx.ValueInfoProto, shape: tuple[int | str | None, ...], free: str
) -> None:
    """State the shape of an input or output; `free` is the name of the size that is None."""
    dimensions = value.type.tensor_type.shape
    dimensions.ClearField("dim")
    for size in shape:
        if isinstance(size, int):
            dimensions.dim.add().dim_value = size
        else:
            dimensions.dim.add().dim_param = size or free


def random_images(network: keras.Model, count: int = 2) -> np.ndarray:
    """Return noise of the network's input form, float32 (count, H, W, C), values 0…255.

    Where the width is free, each image has its own: the first is the widest, the next one half as
    wide, and so on by turns. What lies beyond is `NO_IMAGE`.
    """
    height, width, channels = network.input_shape[1:]
    rng = np.random.default_rng(0)
    if width is not None:
        return rng.uniform(0, 255, (count, height, width, channels)).astype(np.float32)
    batch = rng.uniform(0, 255, (count, height, WIDEST, channels)).astype(np.float32)
    for row, image in enumerate(batch):
        image[:, WIDEST - row % 2 * WIDEST // 2 :] = NO_IMAGE
    return batch
