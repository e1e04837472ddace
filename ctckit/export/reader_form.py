"""The reader form of an ONNX file: an image of any size goes in, its text comes out.

The network form leaves two things to the program around it: bringing the image to the network's
size, and decoding the probabilities. Here both are part of the graph, in ONNX's standard
operators, so that any onnxruntime reads the image in one call, whatever the language.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import onnx
from onnx import TensorProto, compose, helper, inliner, parser, version_converter

from ctckit.data.samples import Sample
from ctckit.errors import InputError
from ctckit.export.onnx_file import TEMPERATURE, save_onnx
from ctckit.export.reader_functions import FUNCTIONS
from ctckit.export.reader_functions.text import DOMAIN
from ctckit.export.reader_functions.turning import TURNS
from ctckit.inference.metadata import ModelMetadata
from ctckit.inference.reader import Chunk
from ctckit.inference.session import OnnxInferenceModel, load_session

FORM = "reader"  # value of the metadata key `form`; a network form has no such key
TEXT_ORDER = {"text_order": "visual"}  # metadata where the text is not in the order of reading
OPSET = 20  # the first with StringConcat, read by every onnxruntime since 1.17
IR_VERSION = 9  # came with it
PREFIX = "network/"  # of the network's own names in the graph


def to_reader_form(network: onnx.ModelProto) -> onnx.ModelProto:
    """Return `network` and around it all that reading takes.

    That is, in this order: the image turned as by `ctckit.image.ImageRotator`, if the metadata
    have `rotate`, and resized as by `ImageResizer`, in the same steps of uint8; the network;
    greedy CTC decoding and, if the file holds several networks, their vote; calibration by the
    metadata's `confidence_temperature`.

    Args:
        network: a network form, as `to_onnx` makes it. It stays as it is.

    Returns:
        A checked model. Input `image`: uint8 (N, height, width, C) of any height and width, BGR
        if C is 3. Outputs `text`: string (N,); `confidence`: float32 (N,), 0…1; `ids`: int32
        (N, T), places in the vocabulary, -1 after the last character. The metadata are those of
        the network, and `form` is "reader". Where texts may be written from right to left, text
        and ids come in the order in which the characters stand in the image, from left to right:
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
    graph = _reader_graph(network.graph, facts)
    model = helper.make_model(graph, opset_imports=opsets, functions=functions)
    model = inliner.inline_local_functions(model)
    model.opset_import.pop()  # of the functions
    model.ir_version = max(network.ir_version, IR_VERSION)
    model.producer_name, model.producer_version = "ctckit", facts.ctckit_version
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
    return save_onnx(to_reader_form(onnx.load(str(source))), path)


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


def _reader_graph(network: onnx.GraphProto, facts: ModelMetadata) -> onnx.GraphProto:
    members, steps = _members_and_steps(network)
    halvings = (steps - 1).bit_length()
    inner = compose.add_prefix_graph(network, PREFIX)
    prepare = "fit" if facts.keep_aspect_ratio else "stretch"
    turning = [_call(TURNS[facts.rotate], ["image"], ["turned"])] if facts.rotate else []
    size = {"height": [facts.height], "width": [facts.width]}
    nodes = [
        *turning,
        _call(prepare, ["turned" if turning else "image"], [inner.input[0].name], **size),
        *inner.node,
        *_decoding(inner.output[0].name, facts, members, steps),
        *_spelling(halvings),
    ]
    image = helper.make_tensor_value_info(
        "image", TensorProto.UINT8, ("N", "height", "width", facts.channels)
    )
    image.doc_string = "BGR, any size" if facts.channels == 3 else "grey, any size"
    outputs = [
        helper.make_tensor_value_info("text", TensorProto.STRING, ("N",)),
        helper.make_tensor_value_info("confidence", TensorProto.FLOAT, ("N",)),
        helper.make_tensor_value_info("ids", TensorProto.INT32, ("N", steps)),
    ]
    characters = [character.encode() for character in (*facts.vocabulary, "")]
    constants = [
        helper.make_tensor("characters", TensorProto.STRING, [len(characters)], characters),
        helper.make_tensor(TEMPERATURE, TensorProto.FLOAT, [], [facts.confidence_temperature]),
        helper.make_tensor("margins", TensorProto.INT64, [4], [0, 0, 0, 2**halvings - steps]),
    ]
    return helper.make_graph(nodes, "reader", [image], outputs, [*inner.initializer, *constants])


def _members_and_steps(network: onnx.GraphProto) -> tuple[int, int]:
    """Return M and T of the output; M is 1 for a single network."""
    shape = [item.dim_value for item in network.output[0].type.tensor_type.shape.dim[1:-1]]
    if len(shape) not in (1, 2) or not all(shape):
        raise InputError(
            f"expected an output of a fixed number of time steps, received {shape} between the "
            "first and the last axis; export the model again"
        )
    return shape[0] if len(shape) == 2 else 1, shape[-1]


def _decoding(
    probabilities: str, facts: ModelMetadata, members: int, steps: int
) -> list[onnx.NodeProto]:
    """Return the nodes that make `best_ids` and `confidence` of the probabilities."""
    blank = facts.blank_id
    form = [-1, steps, facts.vocabulary.num_classes]
    return [
        _call("one_by_one", [probabilities], ["rows"], form=form),
        _call("decode", ["rows"], ["all_ids", "lengths"], blank=blank),
        _call("forward", ["rows", "all_ids", "lengths"], ["all_confidences"], blank=blank),
        _call(
            "vote",
            ["all_ids", "all_confidences"],
            ["best_ids", "raw_confidence"],
            form=[-1, members],
        ),
        _call("calibrate", ["raw_confidence", TEMPERATURE], ["confidence"]),
    ]


def _spelling(halvings: int) -> list[onnx.NodeProto]:
    """Return the nodes that make `ids` and, by as many halvings, `text` of `best_ids`."""
    nodes = [_call("spell", ["best_ids", "characters", "margins"], ["ids", "parts_0"])]
    for index in range(halvings):
        nodes.append(_call("join_pairs", [f"parts_{index}"], [f"parts_{index + 1}"]))
    return [*nodes, _call("only_column", [f"parts_{halvings}"], ["text"])]


def _call(function: str, inputs: list[str], outputs: list[str], **attributes) -> onnx.NodeProto:
    return helper.make_node(function, inputs, outputs, domain=DOMAIN, **attributes)
