"""Factors within the weights of the operator that multiplies anyway.

(x · s + o) ∗ W = (x + o / s) ∗ (s · W), where a padding of zeros stays one, and
(x W + b) · s = x (W · s) + b · s. Neither changes a number by more than its rounding.
"""

from collections.abc import Callable

import numpy as np
from onnx import NodeProto, helper

from ctckit.export.lean.graph import Graph

_COMMUTATIVE = "Add", "Mul"
_SAME_FACTOR = "Reshape", "Transpose"  # what is multiplied behind them might be so in front


def constants_last(graph: Graph) -> None:
    """Let a sum or product of a tensor and a constant name the constant last."""
    for node in graph.of_kind(*_COMMUTATIVE):
        if graph.constant(node.input[0]) is not None:
            node.input.reverse()


def fold_forwards(graph: Graph) -> None:
    """Give a factor of all numbers, as of a Rescaling, to the weights behind it."""
    for node in graph.of_kind("Mul"):
        factor = _numbers(graph, node, most_axes=0)
        if factor is None or factor == 0 or graph.is_output(node.output[0]):
            continue
        behind = _behind(graph, node.output[0])
        if behind is None:
            continue
        for other in behind:
            if other.op_type == "Add":
                _change(graph, other, lambda offset, factor=factor: offset / factor)
            elif other.op_type in ("Conv", "MatMul"):
                _change(graph, other, lambda weights, factor=factor: weights * factor)
        graph.redirect(node.output[0], node.input[0])


def fold_backwards(graph: Graph) -> None:
    """Give the factors behind a product, as of a batch normalisation, to its weights."""
    for node in graph.of_kind("Mul"):
        _in_front_of_a_sum(graph, node)
    for node in graph.of_kind("Mul"):
        factors, product = _numbers(graph, node), graph.maker(node.input[0], "MatMul")
        if factors is None or product is None or graph.only_user(node.input[0], "Mul") is None:
            continue
        weights = graph.constant(product.input[1])
        if weights is None or weights.ndim != 2 or factors.size not in (1, weights.shape[1]):
            continue
        _change(graph, product, lambda weights, factors=factors: weights * factors)
        graph.replace(product, [helper.make_node("MatMul", product.input, node.output)])
        graph.replace(node, [])


def fold_into_convolutions(graph: Graph) -> None:
    """Give what each channel is multiplied by and shifted by, behind a convolution, to that.

    The converter does so itself, but where each channel is convolved alone.
    """
    for node in graph.of_kind("Mul", "Add"):
        convolution, numbers = graph.maker(node.input[0], "Conv"), _of_channels(graph, node)
        alone = graph.only_user(node.input[0], "Mul", "Add") is not None
        if convolution is None or numbers is None or not alone:
            continue
        weights, *bias = (_floats(graph, name) for name in convolution.input[1:])
        if weights is None or weights.ndim != 4 or len(weights) != len(numbers):
            continue
        if any(one is None for one in bias):
            continue
        shift = bias[0] if bias else np.zeros(len(numbers))
        if node.op_type == "Mul":
            weights, shift = weights * numbers.reshape(-1, 1, 1, 1), shift * numbers
        else:
            shift = shift + numbers
        constants = [
            graph.add_constant(f"{node.output[0]}/{part}", value.astype(np.float32))
            for part, value in (("weights", weights), ("bias", shift))
        ]
        folded = helper.make_node("Conv", [convolution.input[0], *constants], node.output)
        folded.attribute.extend(convolution.attribute)
        graph.replace(convolution, [folded])
        graph.replace(node, [])


def merge_sums(graph: Graph) -> None:
    """Add two constants, as of a bias and a batch normalisation, at once."""
    for second in graph.of_kind("Add"):
        first = graph.maker(second.input[0], "Add")
        if first is None or graph.only_user(first.output[0], "Add") is None:
            continue
        numbers = _numbers(graph, first)
        if numbers is not None and _numbers(graph, second) is not None:
            _change(graph, second, lambda others, numbers=numbers: others + numbers)
            second.input[0] = first.input[0]


def _in_front_of_a_sum(graph: Graph, node: NodeProto) -> None:
    """Make x · s + b · s of (x + b) · s, where b and s are constant."""
    factors, sum_of = _numbers(graph, node), graph.maker(node.input[0], "Add")
    if factors is None or sum_of is None or graph.only_user(node.input[0], "Mul") is None:
        return
    if _numbers(graph, sum_of) is None:
        return
    _change(graph, sum_of, lambda numbers: numbers * factors)
    multiplied = helper.make_node("Mul", [sum_of.input[0], node.input[1]], sum_of.output)
    graph.replace(node, [helper.make_node("Add", [node.input[0], sum_of.input[1]], node.output)])
    graph.replace(sum_of, [multiplied])


def _behind(graph: Graph, name: str, seen: list[NodeProto] | None = None) -> list[NodeProto] | None:
    """Return all nodes from tensor `name` to the weights that can take a factor of it over.

    None: not all ways from it lead to such weights.
    """
    seen = [] if seen is None else seen
    users = graph.users(name)
    if not users or graph.is_output(name):
        return None
    for user in users:
        if any(user is other for other in seen) or not _takes_over(graph, user, name):
            return None
        seen.append(user)
        if user.op_type not in ("Conv", "MatMul") and _behind(graph, user.output[0], seen) is None:
            return None
    return seen


def _takes_over(graph: Graph, node: NodeProto, name: str) -> bool:
    """Tell whether a factor of tensor `name`, which `node` reads, may come behind it or within."""
    if list(node.input).count(name) > 1:
        return False
    if node.op_type in ("Conv", "MatMul"):
        return node.input[0] == name and _floats(graph, node.input[1]) is not None
    if node.op_type == "Add":
        return node.input[0] == name and _numbers(graph, node, most_axes=0) is not None
    return node.op_type == "Mul" or (node.op_type in _SAME_FACTOR and node.input[0] == name)


def _numbers(graph: Graph, node: NodeProto, most_axes: int = 1) -> np.ndarray | None:
    """Return what `node` adds or multiplies by, if it is one number or one for each channel."""
    numbers = _floats(graph, node.input[1])
    return numbers if numbers is not None and numbers.ndim <= most_axes else None


def _of_channels(graph: Graph, node: NodeProto) -> np.ndarray | None:
    """Return what `node` adds or multiplies by, if it is one number for each feature map."""
    numbers = _floats(graph, node.input[1])
    fits = numbers is not None and numbers.ndim in (3, 4) and numbers.shape[-3] == numbers.size
    return numbers.ravel() if fits else None


def _floats(graph: Graph, name: str) -> np.ndarray | None:
    value = graph.constant(name)
    return value.astype(np.float64) if value is not None and value.dtype == np.float32 else None


def _change(graph: Graph, node: NodeProto, change: Callable[[np.ndarray], np.ndarray]) -> None:
    """Change the second input of `node`, a constant, for this node alone."""
    changed = change(_floats(graph, node.input[1])).astype(np.float32)
    node.input[1] = graph.add_constant(f"{node.output[0]}/{node.op_type}", changed)
