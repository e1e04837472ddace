"""Masks of the columns of images, of a free width: 1 up to the end of each and 0 beyond."""

from typing import NamedTuple

import numpy as np
from onnx import helper

from ctckit.export.lean.graph import Graph
from ctckit.export.lean.sizes import Sizes

_ENDLESS = 10**9  # ends of a Slice from there on are those of the axis
_BOOLEAN = "Not", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "And", "Or"


class Mask(NamedTuple):
    """Every `stride`-th column of `columns`, (N, 1, W) of 0 and 1."""

    columns: str
    stride: int


def mask_of(graph: Graph, name: str, sizes: dict[str, Sizes]) -> Mask | None:
    """Return the mask that tensor `name`, (N, 1, W, 1), is; None if it is none."""
    unsqueeze = graph.maker(name, "Unsqueeze")
    if unsqueeze is None or graph.integers(unsqueeze.input[1]) not in ([3], [-1]):
        return None
    mask = Mask(*_every(graph, unsqueeze.input[0]))
    cast = graph.maker(mask.columns, "Cast")
    is_binary = cast is not None and graph.maker(cast.input[0], *_BOOLEAN) is not None
    return mask if is_binary and sizes.get(mask.columns, ())[1:2] == (1,) else None


def row_of(graph: Graph, mask: Mask) -> str:
    """Return the columns of `mask`, all of them, as features of one channel, (N, 1, 1, W)."""
    row = f"{mask.columns}/row"
    if graph.maker(row, "Unsqueeze") is None:
        axis = graph.add_constant(f"{row}/axis", np.array([2]))
        unsqueeze = helper.make_node("Unsqueeze", [mask.columns, axis], [row])
        graph.insert_after(graph.maker(mask.columns, "Cast"), [unsqueeze])
    return row


def mask_after_reshaping(graph: Graph, sizes: dict[str, Sizes]) -> None:
    """Multiply by a mask behind the Reshape from (N, H, W, 1) to (N, 1, H, W).

    Then nothing lies between that Reshape and those of a Rescaling, and they become one.
    """
    for node in graph.of_kind("Reshape"):
        product = graph.maker(node.input[0], "Mul")
        mask = product and mask_of(graph, product.input[1], sizes)
        if not mask or mask.stride != 1 or graph.only_user(node.input[0], "Reshape") is None:
            continue
        before, after = sizes.get(product.input[0], ()), sizes.get(node.output[0], ())
        if len(before) != 4 or before[3] != 1 or after != (before[0], 1, *before[1:3]):
            continue
        reshaped = f"{node.output[0]}/unmasked"
        again = helper.make_node("Reshape", [product.input[0], node.input[1]], [reshaped])
        masked = helper.make_node("Mul", [reshaped, row_of(graph, mask)], node.output)
        graph.replace(node, [again, masked])


def merge_strides(graph: Graph) -> None:
    """Take every m·n-th column at once where every m-th of every n-th is taken."""
    for node in graph.of_kind("Slice"):
        inner, stride = _every(graph, node.output[0])
        if inner not in (node.output[0], node.input[0]):
            steps = np.array([1, 1, stride], graph.constant(node.input[1]).dtype)
            node.input[0] = inner
            node.input[4] = graph.add_constant(f"{node.output[0]}/steps", steps)


def _every(graph: Graph, name: str) -> tuple[str, int]:
    """Return the tensor (N, 1, W) and every how many-th of its columns tensor `name` is."""
    stride = 1
    while node := graph.maker(name, "Slice"):
        starts, ends, axes, steps = ([*map(graph.integers, node.input[1:]), None, None])[:4]
        columns = starts == [0, 0, 0] and axes == [0, 1, 2] and steps and steps[:2] == [1, 1]
        if not columns or min(ends or [0]) < _ENDLESS or steps[2] < 1:
            break
        name, stride = node.input[0], stride * steps[2]
    return name, stride
