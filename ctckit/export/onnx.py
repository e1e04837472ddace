"""From a Keras network to one ONNX file that knows how to be used."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnx

from ctckit.files import replace_atomically
from ctckit.inference import ModelMetadata

if TYPE_CHECKING:  # TensorFlow is loaded only where there is a Keras network
    import keras

OPSET = 17  # read by every onnxruntime since 1.12; newer ones bring nothing to these graphs
INPUT_NAME = "image"
OUTPUT_NAME = "probabilities"


def plain_copy(network: "keras.Model") -> "keras.Model":
    """Return a copy of `network` made of Keras' own layers and their plain operations, in float32.

    Layers of ours that only train faster become the Keras layers they extend; layers of others
    stay what they are. Layers that train in 16 bits compute in 32. With a GPU visible Keras picks
    cuDNN kernels, which no ONNX operator stands for.
    """
    import keras

    layers_only = keras.Model(network.input, network.output, name=network.name)  # not compiled
    copy = keras.models.clone_model(layers_only, clone_function=_plain)
    copy.set_weights(network.get_weights())
    return copy


def _plain(layer: "keras.Layer") -> "keras.Layer":
    import keras

    if isinstance(layer, keras.Model):  # of an ensemble
        member = plain_copy(layer)
        member.name = layer.name
        return member
    if type(layer) is keras.layers.Bidirectional:
        forward, backward = _plain(layer.forward_layer), _plain(layer.backward_layer)
        return keras.layers.Bidirectional(
            forward, layer.merge_mode, backward_layer=backward, name=layer.name, dtype="float32"
        )
    config = layer.get_config()
    if "dtype" in config:  # another's layer need not know it
        config["dtype"] = "float32"
    plain = _kind_without_ours(layer).from_config(config)
    if hasattr(plain, "use_cudnn"):
        plain.use_cudnn = False
    return plain


def _kind_without_ours(layer: "keras.Layer") -> "type[keras.Layer]":
    """Return the layer's class, or the class that it extends if it is one of ctckit."""
    kinds = type(layer).__mro__
    return next(kind for kind in kinds if not kind.__module__.startswith("ctckit."))


def to_onnx(network: "keras.Model", metadata: ModelMetadata) -> onnx.ModelProto:
    """Convert a network with one input and one output.

    Args:
        network: images float32 (N, H, W, C), values 0…255, to probabilities (N, T, V + 1).
        metadata: stored in the file as JSON strings.

    Returns:
        A checked model with input `image` and output `probabilities`; N is free.
    """
    import tensorflow as tf
    import tf2onnx

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


def export_onnx(network: "keras.Model", path: str | Path, metadata: ModelMetadata) -> Path:
    """Write `network` as an ONNX file, whole or not at all."""
    return save_onnx(to_onnx(network, metadata), path)


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


def _name_dimensions(value: onnx.ValueInfoProto, shape: tuple[int | str, ...]) -> None:
    dimensions = value.type.tensor_type.shape
    dimensions.ClearField("dim")
    for size in shape:
        if isinstance(size, str):
            dimensions.dim.add().dim_param = size
        else:
            dimensions.dim.add().dim_value = size


def random_images(network: "keras.Model", count: int = 2) -> np.ndarray:
    """Return noise of the network's input form, float32 (count, H, W, C), values 0…255."""
    shape = (count, *network.input_shape[1:])
    return np.random.default_rng(0).uniform(0, 255, shape).astype(np.float32)
