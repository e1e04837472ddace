"""From a Keras network to one .tflite file for LiteRT, the runtime of phones."""

import io
import json
from collections.abc import Sequence
from dataclasses import replace
from tempfile import TemporaryDirectory
from zipfile import ZipFile, ZipInfo

import keras
import tensorflow as tf
from tensorflow.lite.python.convert_phase import ConverterError
from tensorflow.lite.tools import flatbuffer_utils

from ctckit.errors import InputError
from ctckit.export.onnx import INPUT_NAME, OUTPUT_NAME
from ctckit.export.tflite_network import for_litert
from ctckit.image.widths import NO_IMAGE, WIDTH_MULTIPLE
from ctckit.inference.metadata import ModelMetadata
from ctckit.log import hidden_native_log
from ctckit.networks.plain import plain_copy

FORM = "tflite"
FACTS_FILE = "ctckit.json"  # in the file, which is a zip archive as well
PADDING = 255  # white: what an image is filled up with, as `ImageScaler` and `ImageResizer` do


def to_tflite(network: keras.Model, metadata: ModelMetadata, widths: Sequence[int] = ()) -> bytes:
    """Convert a network with one input and one output.

    Args:
        network: images float32 (N, H, W, C), values 0…255, to probabilities (N, T, V + 1). W and T
            may be free: what lies beyond the end of an image is `ctckit.image.NO_IMAGE`.
        metadata: stored in the file as JSON.
        widths: of the images that the file takes, where W is free, in pixels.

    Returns:
        The content of a file with a signature for each width, such as `w128`: input `image`
        float32 (1, H, W, C), output `probabilities` float32 (1, T, V + 1). They share the weights,
        and LiteRT's built-in operators are all they need. The file is a zip archive as well, with
        one member, `ctckit.json`: the metadata and `widths`.

    Raises:
        InputError: a width cannot be, or the network has an operator that LiteRT has not.
    """
    widths = _require_widths(widths, metadata)
    content = _without_limits(_converted(for_litert(plain_copy(network)), widths))
    return content + _archive(tflite_facts(metadata, widths), len(content))


def tflite_facts(metadata: ModelMetadata, widths: Sequence[int]) -> dict:
    """Return what one needs to read with the file, ready for JSON."""
    if metadata.width is None:
        metadata = replace(metadata, max_width=widths[-1])
    own = {"form": FORM, "widths": list(widths), "padding": PADDING, "no_image": NO_IMAGE}
    return metadata.to_facts() | own


def _require_widths(widths: Sequence[int], metadata: ModelMetadata) -> list[int]:
    """Return the widths in order, or that of the network if it has one."""
    given, fixed = ", ".join(map(str, widths)), metadata.width
    if fixed is not None:
        if set(widths) - {fixed}:
            raise InputError(
                f"expected none, as the network takes images of width {fixed} only, received "
                f"{given}; leave it out",
                argument="widths",
            )
        return [fixed]
    most = metadata.max_width
    wrong = [one for one in widths if not 0 < one <= most or one % WIDTH_MULTIPLE]
    if wrong or not widths:
        raise InputError(
            f"expected multiples of {WIDTH_MULTIPLE} from {WIDTH_MULTIPLE} to {most}, received "
            f"{given or 'none'}; say how wide the images may be",
            argument="widths",
        )
    return sorted(set(widths))


def _converted(network: keras.Model, widths: Sequence[int]) -> bytes:
    height, _, channels = network.input_shape[1:]

    @tf.function(autograph=False)
    def read(image):
        return {OUTPUT_NAME: network(image, training=False)}

    holder = tf.Module()
    holder.weights = [variable.value for variable in network.variables]
    signatures = {
        f"w{width}": read.get_concrete_function(
            tf.TensorSpec((1, height, width, channels), tf.float32, name=INPUT_NAME)
        )
        for width in widths
    }
    failure = ""
    with TemporaryDirectory() as folder, hidden_native_log():
        tf.saved_model.save(holder, folder, signatures=signatures)
        converter = tf.lite.TFLiteConverter.from_saved_model(
            folder, signature_keys=list(signatures)
        )
        try:
            return converter.convert()
        except ConverterError as error:  # with a listing of all operators on the terminal
            failure = str(error).strip().splitlines()[0]
    raise InputError(
        f"expected a network in operators that LiteRT has, received another ({failure}); "
        "make it of other layers"
    )


def _without_limits(content: bytes) -> bytes:
    """Return a file whose LSTMs do not cut their states off at ±10, as the converter has it."""
    model = flatbuffer_utils.convert_bytearray_to_object(bytearray(content))
    for graph in model.subgraphs:
        for operator in graph.operators:
            if hasattr(operator.builtinOptions, "cellClip"):
                operator.builtinOptions.cellClip = 0.0
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


def _archive(facts: dict, start: int) -> bytes:
    """Return a zip archive to stand behind `start` bytes of something else."""
    file = io.BytesIO(bytes(start))
    with ZipFile(file, "a") as archive:
        archive.writestr(ZipInfo(FACTS_FILE), json.dumps(facts, ensure_ascii=False))
    return file.getvalue()[start:]
