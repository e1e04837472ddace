"""Recurrent operators without what the converter builds around them.

Keras starts from states of zeros, as many as there are images; ONNX does so by itself. Of an LSTM
in both directions the converter takes the directions apart and puts them side by side.
"""

import numpy as np
from onnx import NodeProto, helper, numpy_helper

from ctckit.export.lean.graph import Graph, attribute, permutation

_RECURRENT = "LSTM", "GRU", "RNN"
_STATES = 5, 6  # places of `initial_h` and `initial_c` among the inputs
_SAME_NUMBERS = "Expand", "Unsqueeze", "Squeeze", "Reshape", "Transpose", "Identity", "Tile"

# Start, end, axis and step of the Slice that takes one of both directions.
_ONE_OF_TWO = [[[index], [index + 1], [1], *step] for index in (0, 1) for step in ([], [[1]])]


def drop_zero_states(graph: Graph) -> None:
    """Leave out initial states that are zeros, as ONNX takes them to be."""
    for node in graph.of_kind(*_RECURRENT):
        for place in _STATES:
            if place < len(node.input) and _is_zero(graph, node.input[place]):
                node.input[place] = ""
        while not node.input[-1]:
            node.input.pop()


def join_directions(graph: Graph) -> None:
    """Put both directions side by side, (T, 2, N, U) to (T, N, 2U) or (N, T, 2U), by moves alone.

    The converter takes each direction out by Slice and Squeeze, joins them by Concat, and swaps
    the first two axes by Transpose.
    """
    for concat in graph.of_kind("Concat"):
        directions = [_direction(graph, name) for name in concat.input]
        source = directions[0] and directions[0][0]
        if attribute(concat, "axis") not in (2, -1) or directions != [(source, 0), (source, 1)]:
            continue
        units = graph.constant(graph.maker(source, *_RECURRENT).input[2]).shape[-1]
        users = graph.users(concat.output[0])
        swaps = [user for user in users if permutation(user) == (1, 0, 2)]
        for swap in swaps:
            graph.replace(swap, _side_by_side(graph, source, swap.output[0], units, (2, 0, 1, 3)))
        if len(swaps) < len(users) or graph.is_output(concat.output[0]):
            joined = _side_by_side(graph, source, concat.output[0], units, (0, 2, 1, 3))
            graph.replace(concat, joined)


def _is_zero(graph: Graph, name: str) -> bool:
    """Tell whether tensor `name` is sure to hold nothing but zeros."""
    value = graph.constant(name)
    if value is not None:
        return not value.any()
    if node := graph.maker(name, "ConstantOfShape"):
        fill = attribute(node, "value")
        return fill is None or not numpy_helper.to_array(fill).any()
    if node := graph.maker(name, "Concat"):
        return all(_is_zero(graph, part) for part in node.input)
    node = graph.maker(name, *_SAME_NUMBERS)
    return node is not None and _is_zero(graph, node.input[0])


def _direction(graph: Graph, name: str) -> tuple[str, int] | None:
    """Return the output of a recurrent operator, and which direction of it tensor `name` is."""
    squeeze = graph.maker(name, "Squeeze")
    if squeeze is None or len(squeeze.input) < 2 or graph.integers(squeeze.input[1]) != [1]:
        return None
    part = graph.maker(squeeze.input[0], "Slice")
    source = part and graph.maker(part.input[0], *_RECURRENT)
    if source is None or source.output[0] != part.input[0]:
        return None
    both_ways = attribute(source, "direction") == b"bidirectional"
    if not both_ways or graph.constant(source.input[2]) is None:
        return None
    bounds = [graph.integers(name) for name in part.input[1:]]  # start, end, axis, step
    return (source.output[0], bounds[0][0]) if bounds in _ONE_OF_TWO else None


def _side_by_side(
    graph: Graph, source: str, result: str, units: int, order: tuple[int, ...]
) -> list[NodeProto]:
    """Return the nodes that make `result` of `source`, (T, 2, N, U)."""
    moved = f"{result}/directions_last"
    form = graph.add_constant(f"{result}/form", np.array([0, 0, 2 * units]))
    return [
        helper.make_node("Transpose", [source], [moved], perm=order),
        helper.make_node("Reshape", [moved, form], [result]),
    ]
