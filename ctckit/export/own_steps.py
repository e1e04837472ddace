"""LSTM operators that know where each image ends, for networks with a free width.

Keras masks the time steps beyond an image's end. Of an LSTM with a mask the converter makes a loop
of small operators, many times slower than ONNX's own LSTM, which takes the number of steps of each
image as an input instead. So the network is converted without those masks, and each LSTM gets its
numbers of steps afterwards. Beyond an image's end it then gives zeros where Keras repeats the last
step; nothing reads them, as the network says blank there.
"""

import keras
import onnx
import tensorflow as tf
from onnx import helper, inliner, parser

from ctckit.image.widths import NO_IMAGE

DOMAIN = "ctckit.own_steps"
_WIDTHS = f"{DOMAIN}/widths", f"{DOMAIN}/width"
_HEADER = f'<domain: "{DOMAIN}", opset_import: ["": 17]>'

# How many columns of the batch (N, H, W, C) are each image's own, (N,), and how many there are.
OWN_WIDTHS = f"""{_HEADER}
own_widths (image) => (own_widths, width)
{{
    start = Constant <value_ints = [0, 0]> ()
    end = Constant <value_ints = [1, 1]> ()
    row_and_channel = Constant <value_ints = [1, 3]> ()
    no_image = Constant <value_float = {NO_IMAGE:.1f}> ()
    pixels = Slice (image, start, end, row_and_channel)
    is_beyond = Equal (pixels, no_image)
    is_own = Not (is_beyond)
    counts = Cast <to = 7> (is_own)
    axes = Constant <value_ints = [1, 2, 3]> ()
    own_widths = ReduceSum <keepdims = 0> (counts, axes)
    width = Shape <start = 2, end = 3> (image)
}}
"""

# An image of w of W columns has w · T / W of the T steps of `sequences` (T, N, D): own widths are
# multiples of what a network makes one step of.
OWN_STEPS = f"""{_HEADER}
own_steps (sequences, own_widths, width) => (own_steps)
{{
    num_steps = Shape <start = 0, end = 1> (sequences)
    scaled = Mul (own_widths, num_steps)
    steps = Div (scaled, width)
    own_steps = Cast <to = 6> (steps)
}}
"""


class _Unmasked(keras.layers.Bidirectional):
    """A Bidirectional that is not told where the images end."""

    def call(self, sequences, initial_state=None, mask=None, training=None):
        """Run both directions over all steps."""
        return super().call(tf.identity(sequences), training=training)  # the tensor has a mask, too


def without_lstm_masks(network: keras.Model) -> tuple[keras.Model, int]:
    """Return a copy of `network`, and how many layers of it must get their numbers of steps again.

    Args:
        network: made by `plain_copy`.
    """
    unmasked = []

    def unmask(layer: keras.Layer) -> keras.Layer:
        if isinstance(layer, keras.Model):  # of an ensemble
            member = keras.models.clone_model(layer, clone_function=unmask)
            member.name = layer.name
            return member
        if not _is_both_ways_lstm(layer):
            return layer.__class__.from_config(layer.get_config())
        unmasked.append(layer)
        return _Unmasked.from_config(layer.get_config())

    copy = keras.models.clone_model(network, clone_function=unmask)
    copy.set_weights(network.get_weights())
    return copy, len(unmasked)


def both_ways_lstms(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """Return the LSTM nodes of `graph` that read in both directions."""
    return [
        node
        for node in graph.node
        if node.op_type == "LSTM"
        and any(item.name == "direction" and item.s == b"bidirectional" for item in node.attribute)
    ]


def give_own_steps(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return `model` with an LSTM of `both_ways_lstms` that knows how many steps each image has."""
    given = onnx.ModelProto()
    given.CopyFrom(model)
    given.functions.extend(map(parser.parse_function, (OWN_WIDTHS, OWN_STEPS)))
    given.opset_import.append(helper.make_opsetid(DOMAIN, 1))
    lstms = {node.output[0] for node in both_ways_lstms(given.graph)}
    nodes = [_call("own_widths", [given.graph.input[0].name], [*_WIDTHS])]
    for node in given.graph.node:
        if node.output[0] in lstms:
            steps = f"{DOMAIN}/steps_of_{node.output[0]}"
            nodes.append(_call("own_steps", [node.input[0], *_WIDTHS], [steps]))
            node.input[4] = steps  # `sequence_lens`, empty before
        nodes.append(node)
    copies = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    given.graph.ClearField("node")
    given.graph.node.extend(copies)
    given = inliner.inline_local_functions(given)
    given.opset_import.pop()  # of the functions
    return given


def _call(function: str, inputs: list[str], outputs: list[str]) -> onnx.NodeProto:
    return helper.make_node(function, inputs, outputs, domain=DOMAIN)


def _is_both_ways_lstm(layer: keras.Layer) -> bool:
    """Tell whether the converter makes one LSTM operator of `layer`, as far as its kind goes."""
    return (
        type(layer) is keras.layers.Bidirectional and type(layer.forward_layer) is keras.layers.LSTM
    )
