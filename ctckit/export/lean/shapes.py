"""Reshape and Transpose without what the converter calculates around them."""

import numpy as np
from onnx import NodeProto, helper

from ctckit.export.lean.graph import Graph, attribute, permutation


def write_forms(graph: Graph) -> None:
    """Give each Reshape a constant form where it is calculated only to keep the first axis.

    The converter calculates a free number of images by Shape, Slice, Concat and Cast; ONNX has 0
    for the size that is there.
    """
    for node in graph.of_kind("Reshape"):
        concat = graph.maker(_uncast(graph, node.input[1]), "Concat")
        if concat is None or attribute(node, "allowzero"):
            continue
        first, *others = concat.input
        sizes = [graph.integers(name) for name in others]
        source = _whose_first_size(graph, first)
        if source and None not in sizes and source == _unturned(graph, node.input[0]):
            form = np.array([0, *(number for size in sizes for number in size)])
            node.input[1] = graph.add_constant(f"{node.output[0]}/form", form)


def merge_reshapes(graph: Graph) -> None:
    """Reshape once what is reshaped twice."""
    for second in graph.of_kind("Reshape"):
        first = graph.maker(second.input[0], "Reshape")
        if first is not None and _is_independent(graph, second, first):
            second.input[0] = first.input[0]


def reshape_before_changes(graph: Graph) -> None:
    """Reshape once what is reshaped, changed by one number and reshaped again; change it then.

    But not in a form whose last axis is 1: there onnxruntime takes a loop's turn for every element.
    """
    for second in graph.of_kind("Reshape"):
        change = _change_by_one_number(graph, second.input[0])
        first = change and graph.maker(change.input[0], "Reshape")
        if first is None or not _is_independent(graph, second, first):
            continue
        reshaped = f"{second.output[0]}/unchanged"
        again = helper.make_node("Reshape", [first.input[0], second.input[1]], [reshaped])
        changed = helper.make_node(change.op_type, [reshaped, change.input[1]], second.output)
        graph.replace(second, [again, changed])


def merge_transposes(graph: Graph) -> None:
    """Make one Transpose of two that follow each other, or none if the second undoes the first."""
    for second in graph.of_kind("Transpose"):
        first = graph.maker(second.input[0], "Transpose")
        if first is None:
            continue
        order = tuple(permutation(first)[axis] for axis in permutation(second))
        if order == tuple(range(len(order))) and not graph.is_output(second.output[0]):
            graph.redirect(second.output[0], first.input[0])
            continue
        moved = helper.make_node("Transpose", [first.input[0]], [second.output[0]], perm=order)
        graph.replace(second, [moved])


def _change_by_one_number(graph: Graph, name: str) -> NodeProto | None:
    """Return the node that makes `name`, for a Reshape alone, of another tensor and a number."""
    change = graph.maker(name, "Add", "Mul")
    number = change and graph.constant(change.input[1])
    alone = graph.only_user(name, "Reshape") is not None
    return change if alone and number is not None and not number.ndim else None


def _is_independent(graph: Graph, second: NodeProto, first: NodeProto) -> bool:
    """Tell whether `second` keeps no size that `first` makes, and makes no last axis of 1."""
    outer, inner = (graph.integers(node.input[1]) for node in (second, first))
    if outer is None or 0 in outer[1:] or outer[-1] == 1:
        return False
    return outer[0] != 0 or (inner is not None and inner[0] == 0)


def _uncast(graph: Graph, name: str) -> str:
    """Return the tensor that `name` is in another type."""
    while node := graph.maker(name, "Cast"):
        name = node.input[0]
    return name


def _unturned(graph: Graph, name: str) -> str:
    """Return the tensor that `name` is in another order of the axes behind the first."""
    while permutation(node := graph.maker(name, "Transpose"))[:1] == (0,):
        name = node.input[0]
    return name


def _whose_first_size(graph: Graph, name: str) -> str | None:
    """Return the tensor, `_unturned`, the size of whose first axis is all that `name` holds."""
    part = graph.maker(name, "Slice")
    if part is None or [graph.integers(bound) for bound in part.input[1:3]] != [[0], [1]]:
        return None
    name = _uncast(graph, part.input[0])
    if gather := graph.maker(name, "Gather"):  # of a shape in another order
        if (graph.integers(gather.input[1]) or [None])[0] != 0:
            return None
        name = _uncast(graph, gather.input[0])
    shape = graph.maker(name, "Shape")
    return _unturned(graph, shape.input[0]) if shape and not shape.attribute else None
