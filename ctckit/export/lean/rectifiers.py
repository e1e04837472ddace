"""Masks of free widths within the sums in front of a rectifier.

Of a tensor multiplied by a mask, onnxruntime gives up the layout that its convolutions are fast in,
and takes it up again for the next one: a sixth of the time. What is added in front of the
rectifier, in that layout and of one form, becomes part of the convolution: 0 up to the end of an
image, and so little beyond it that the rectifier leaves 0. The numbers are the same.
"""

import numpy as np
from onnx import NodeProto, helper

from ctckit.export.lean.graph import Graph, permutation
from ctckit.export.lean.masks import Mask, mask_of, row_of
from ctckit.export.lean.sizes import Sizes

LITTLE = -1e30  # less than any feature
_CHANNELS_LAST = 0, 2, 3, 1


def mask_before_rectifiers(graph: Graph, sizes: dict[str, Sizes]) -> None:
    """Move each mask of columns in front of the ReLU whose result it is multiplied with.

    relu(x) · m = relu(x + (1 - m) · LITTLE) for features x (N, C, H, W); the converter multiplies
    in the order (N, H, W, C), by m (N, 1, W, 1).
    """
    sums: dict[tuple[Mask, int, int], str] = {}
    for node in graph.of_kind("Mul"):
        turned, by = node.input
        relu = _rectifier(graph, turned)
        mask = mask_of(graph, by, sizes)
        if relu is None or mask is None:
            continue
        _, channels, height, width = sizes.get(relu.input[0], (None,) * 4)
        if not isinstance(channels, int) or sizes.get(by, ())[1:] != (1, width, 1):
            continue
        if not _is_counted(graph, node.output[0]):
            key = mask, channels, height
            sums[key] = sums.get(key) or _what_to_add(graph, *key)
            _add(graph, relu, sums[key])
        graph.redirect(node.output[0], turned)


def _rectifier(graph: Graph, name: str) -> NodeProto | None:
    """Return the ReLU whose result is turned to tensor `name`, for one use alone."""
    turn = graph.maker(name, "Transpose")
    relu = turn and graph.maker(turn.input[0], "Relu")
    if relu is None or permutation(turn) != _CHANNELS_LAST:
        return None
    alone = graph.only_user(name, "Mul") and graph.only_user(relu.output[0], "Transpose")
    return relu if alone else None


def _is_counted(graph: Graph, name: str) -> bool:
    """Tell whether only operators read `name`, as it is, that know where each image ends."""
    users = graph.users(name)
    return bool(users) and all(
        _is_counted(graph, user.output[0])
        if user.op_type in ("Reshape", "Transpose")
        else user.op_type == "Shape" or _is_lstm_with_steps(user, name)
        for user in users
    )


def _is_lstm_with_steps(node: NodeProto, name: str) -> bool:
    return node.op_type == "LSTM" and node.input[0] == name and any(node.input[4:5])


def _what_to_add(graph: Graph, mask: Mask, channels: int, height: int) -> str:
    """Return the tensor (N, C, H, W), 0 where the mask is 1, and `LITTLE` where it is 0.

    A convolution makes it, as only what convolutions make is of the layout of features. Its kernel
    is as high as the features; of the padding of the one row, each window sees another part.
    """
    row = row_of(graph, mask)
    name = f"{row}/every_{mask.stride}/{channels}x{height}"
    weights = np.full((channels, 1, height, 1), -LITTLE, np.float32)
    weights_name = graph.add_constant(f"{name}/weights", weights)
    bias_name = graph.add_constant(f"{name}/bias", np.full(channels, LITTLE, np.float32))
    conv = helper.make_node(
        "Conv",
        [row, weights_name, bias_name],
        [name],
        kernel_shape=[height, 1],
        pads=[height - 1, 0, height - 1, 0],
        strides=[1, mask.stride],
    )
    graph.insert_after(graph.maker(row, "Unsqueeze"), [conv])
    return name


def _add(graph: Graph, relu: NodeProto, name: str) -> None:
    """Add tensor `name` in front of `relu`, at once to the result of a convolution if it can be."""
    sum_of = graph.maker(relu.input[0], "Add")
    user, place = relu, 0
    if sum_of and graph.only_user(relu.input[0], "Relu"):
        made = [graph.maker(term, "Conv") for term in sum_of.input]
        places = [place for place, conv in enumerate(made) if conv]
        user, place = (sum_of, places[-1]) if places else (relu, 0)
    masked = f"{user.output[0]}/masked"
    graph.insert_before(user, [helper.make_node("Add", [user.input[place], name], [masked])])
    user.input[place] = masked
