"""The graph of a reader form: a network, and calls of functions around it."""

import onnx
from onnx import TensorProto, compose, helper

from ctckit.errors import InputError
from ctckit.export.onnx_file import TEMPERATURE
from ctckit.export.reader_functions.text import DOMAIN
from ctckit.export.reader_functions.turning import TURNS
from ctckit.inference.metadata import ModelMetadata

PREFIX = "network/"  # of the network's own names in the graph
ALL_STEPS = ("all_starts", "all_ends")  # of the characters that each network reads
STRETCH = "stretch"  # factor of the width, where it is free: float64, as Python calculates it


def reader_graph(network: onnx.GraphProto, facts: ModelMetadata) -> onnx.GraphProto:
    """Return the graph that `ctckit.export.to_reader_form` describes.

    Raises:
        InputError: the width is fixed, and the number of time steps is not.
    """
    members, steps = _members_and_steps(network, facts)
    inner = compose.add_prefix_graph(network, PREFIX)
    probabilities = inner.output[0].name
    spelling = _spelling_any_length(facts.max_width) if steps is None else _spelling(steps)
    nodes = [
        *_preparation(facts, inner.input[0].name),
        *inner.node,
        *_decoding(probabilities, facts, members, steps),
        *spelling,
        *_places(members),
    ]
    image = helper.make_tensor_value_info(
        "image", TensorProto.UINT8, ("N", "height", "width", facts.channels)
    )
    image.doc_string = "BGR, any size" if facts.channels == 3 else "grey, any size"
    outputs = [
        helper.make_tensor_value_info("text", TensorProto.STRING, ("N",)),
        helper.make_tensor_value_info("confidence", TensorProto.FLOAT, ("N",)),
        helper.make_tensor_value_info("ids", TensorProto.INT32, ("N", steps or "T")),
        *(
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ("N", steps or "T"))
            for name in ("starts", "ends")
        ),
    ]
    constants = [*inner.initializer, *_constants(facts, steps)]
    sizes = inner.value_info  # of features, without which their sums are slower
    return helper.make_graph(nodes, "reader", [image], outputs, constants, value_info=sizes)


def _members_and_steps(network: onnx.GraphProto, facts: ModelMetadata) -> tuple[int, int | None]:
    """Return M and T of the output; M is 1 for a single network, T None where the width is free."""
    shape = [item.dim_value for item in network.output[0].type.tensor_type.shape.dim[1:-1]]
    members = shape[0] if len(shape) == 2 else 1
    if facts.width is None and len(shape) in (1, 2) and members:
        return members, None
    if len(shape) not in (1, 2) or not all(shape):
        raise InputError(
            f"expected an output of a fixed number of time steps, received {shape} between the "
            "first and the last axis; export the model again"
        )
    return members, shape[-1]


def _preparation(facts: ModelMetadata, pixels: str) -> list[onnx.NodeProto]:
    """Return the nodes that make the network's input `pixels` of `image`, and say where it is."""
    turning = [_call(TURNS[facts.rotate], ["image"], ["turned"])] if facts.rotate else []
    image = "turned" if turning else "image"
    height, made = [facts.height], [pixels, "left", "covered"]
    if facts.width is None:
        limits = {"height": height, "max_width": [facts.max_width]}
        return [*turning, _call("scale", [image, STRETCH], made, **limits)]
    prepare = "fit" if facts.keep_aspect_ratio else "stretch"
    return [*turning, _call(prepare, [image], made, height=height, width=[facts.width])]


def _decoding(
    probabilities: str, facts: ModelMetadata, members: int, steps: int | None
) -> list[onnx.NodeProto]:
    """Return the nodes that make `best_ids` and `confidence` of the probabilities."""
    blank = facts.blank_id
    form = [-1, steps, facts.vocabulary.num_classes]
    one_by_one = (
        _call("one_by_one_of_any_length", [probabilities], ["rows"])
        if steps is None
        else _call("one_by_one", [probabilities], ["rows"], form=form)
    )
    return [
        one_by_one,
        _call("decode", ["rows"], ["all_ids", "lengths", *ALL_STEPS], blank=blank),
        _call("forward", ["rows", "all_ids", "lengths"], ["all_confidences"], blank=blank),
        _call(
            "vote",
            ["all_ids", "all_confidences"],
            ["best_ids", "raw_confidence", "winner"],
            form=[-1, members],
        ),
        _call("calibrate", ["raw_confidence", TEMPERATURE], ["confidence"]),
    ]


def _places(members: int) -> list[onnx.NodeProto]:
    """Return the nodes that make `starts` and `ends` of what the winner says."""
    nodes = []
    for all_steps in ALL_STEPS:
        name = all_steps.removeprefix("all_")
        chosen = _call("of_winner", [all_steps, "winner"], [f"{name}_steps"], form=[-1, members])
        nodes += [chosen, _call("shares", [f"{name}_steps", "left", "covered"], [name])]
    return nodes


def _spelling(steps: int) -> list[onnx.NodeProto]:
    """Return the nodes that make `ids` and, by halvings, `text` of `best_ids`."""
    halvings = _halvings(steps)
    nodes = [_call("spell", ["best_ids", "characters", "margins"], ["ids", "parts_0"])]
    for index in range(halvings):
        nodes.append(_call("join_pairs", [f"parts_{index}"], [f"parts_{index + 1}"]))
    return [*nodes, _call("only_column", [f"parts_{halvings}"], ["text"])]


def _spelling_any_length(max_steps: int) -> list[onnx.NodeProto]:
    """Return the same for any number of time steps up to `max_steps`.

    The width of an image is the most that it can have; halvings of a single text cost little.
    """
    halvings = _halvings(max_steps)
    nodes = [_call("spell_any_length", ["best_ids", "characters"], ["ids", "parts_0", "empty"])]
    for index in range(halvings):
        parts, pairs = f"parts_{index}", f"parts_{index + 1}"
        nodes.append(_call("join_pairs_of_any_number", [parts, "empty"], [pairs]))
    return [*nodes, _call("only_column", [f"parts_{halvings}"], ["text"])]


def _halvings(steps: int) -> int:
    return (steps - 1).bit_length()


def _constants(facts: ModelMetadata, steps: int | None) -> list[onnx.TensorProto]:
    characters = [character.encode() for character in (*facts.vocabulary, "")]
    constants = [
        helper.make_tensor("characters", TensorProto.STRING, [len(characters)], characters),
        helper.make_tensor(TEMPERATURE, TensorProto.FLOAT, [], [facts.confidence_temperature]),
    ]
    if steps is None:
        return [*constants, helper.make_tensor(STRETCH, TensorProto.DOUBLE, [], [facts.stretch])]
    margins = [0, 0, 0, 2 ** _halvings(steps) - steps]
    return [*constants, helper.make_tensor("margins", TensorProto.INT64, [4], margins)]


def _call(function: str, inputs: list[str], outputs: list[str], **attributes) -> onnx.NodeProto:
    return helper.make_node(function, inputs, outputs, domain=DOMAIN, **attributes)
