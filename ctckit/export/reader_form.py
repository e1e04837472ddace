"""The reader form of an ONNX file: an image of any size goes in, its text comes out.

The network form leaves two things to the program around it: bringing the image to the network's
size, and decoding the probabilities. Here both are part of the graph, in ONNX's standard
operators, so that any onnxruntime reads the image in one call, whatever the language.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import onnx
from onnx import helper, inliner, parser, version_converter

from ctckit.data.samples import Sample
from ctckit.errors import InputError
from ctckit.export.onnx_file import load_onnx, save_onnx
from ctckit.export.reader_functions import FUNCTIONS
from ctckit.export.reader_functions.text import DOMAIN
from ctckit.export.reader_graph import reader_graph
from ctckit.inference.metadata import ModelMetadata
from ctckit.inference.reader import Chunk
from ctckit.inference.session import OnnxInferenceModel, load_session

FORM = "reader"  # value of the metadata key `form`; a network form has no such key
TEXT_ORDER = {"text_order": "visual"}  # metadata where the text is not in the order of reading
OPSET = 20  # the first with StringConcat, read by every onnxruntime since 1.17
IR_VERSION = 9  # came with it


def to_reader_form(network: onnx.ModelProto) -> onnx.ModelProto:
    """Return `network` and around it all that reading takes.

    That is, in this order: the image turned as by `ctckit.image.ImageRotator`, if the metadata
    have `rotate`, and resized as by `ImageResizer`, or `ImageScaler` where the width is free, in
    the same steps of uint8; the network;
    greedy CTC decoding and, if the file holds several networks, their vote; calibration by the
    metadata's `confidence_temperature`.

    Args:
        network: a network form, as `to_onnx` makes it. It stays as it is.

    Returns:
        A checked model. Input `image`: uint8 (N, height, width, C) of any height and width, BGR
        if C is 3. Outputs `text`: string (N,); `confidence`: float32 (N,), 0…1; `ids`: int32
        (N, T), places in the vocabulary, -1 after the last character; T is free where the width
        is. `starts`, `ends`: float32 (N, T), where the characters of `ids` are, as
        `ctckit.text.align` says, but in shares of the image's width, 0…1, padding left out; of
        its height where it is turned, along the text. The metadata are those of the network,
        and `form` is "reader". Where texts may be written from right to left, text, ids and
        places come in the order in which the characters stand in the image, from left to right:
        `text_order` is "visual".

    Raises:
        InputError: it is not a network form of ours.
    """
    strings = {item.key: item.value for item in network.metadata_props}
    facts = ModelMetadata.from_strings(strings)
    if facts.extra.get("form") == FORM:
        raise InputError(
            "expected the network form, received the reader form; give the model.onnx of a run"
        )
    network = _with_opset(network)
    opsets = [*network.opset_import, helper.make_opsetid(DOMAIN, 1)]
    functions = [*network.functions, *map(parser.parse_function, FUNCTIONS)]
    graph = reader_graph(network.graph, facts)
    model = helper.make_model(graph, opset_imports=opsets, functions=functions)
    model = inliner.inline_local_functions(model)
    model.opset_import.pop()  # of the functions
    model.ir_version = max(network.ir_version, IR_VERSION)
    model.producer_name, model.producer_version = "ctckit", facts.ctckit_version
    facts = replace(facts, reading_widths=ModelMetadata.reading_widths)
    strings |= facts.to_strings()
    own = {"form": FORM} | ({} if facts.vocabulary.visual is facts.vocabulary else TEXT_ORDER)
    helper.set_model_props(model, strings | {key: json.dumps(own[key]) for key in own})
    onnx.checker.check_model(model, full_check=True)
    return model


def export_reader(network_path: str | Path, path: str | Path) -> Path:
    """Write the reader form of an `.onnx` file, or of a folder's `model.onnx`, as `path`.

    It is written whole or not at all.

    Raises:
        InputError: there is no such file, or it is not a network form of ours.
    """
    source = OnnxInferenceModel(network_path).model_path
    return save_onnx(to_reader_form(load_onnx(source)), path)


class ReaderFormCheck:
    """Find the images that a reader form reads otherwise, among those that are read anyway.

    Attributes:
        differing: their addresses.
    """

    def __init__(self, path: str | Path) -> None:
        self._session = load_session(Path(path))
        strings = self._session.get_modelmeta().custom_metadata_map
        self._vocabulary = ModelMetadata.from_strings(strings).vocabulary
        self.differing: list[str] = []

    def add(self, samples: Sequence[Sample], chunk: Chunk) -> None:
        """Read the images of a batch, as their files have them, one by one."""
        for sample, pixels, reading in zip(samples, chunk.pixels, chunk.readings, strict=True):
            (texts,) = self._session.run(["text"], {"image": pixels[None]})
            if self._vocabulary.logical(texts[0]) != reading.text:
                self.differing.append(sample.image)


def _with_opset(network: onnx.ModelProto) -> onnx.ModelProto:
    version = max(item.version for item in network.opset_import if item.domain in ("", "ai.onnx"))
    return network if version >= OPSET else version_converter.convert_version(network, OPSET)
