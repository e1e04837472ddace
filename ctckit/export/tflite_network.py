"""A Keras network in operators that LiteRT has, for one image at a time.

Of Keras' LSTM the converter makes a loop of small operators, or of hundreds of them. LiteRT's own
LSTM is one operator, but it knows no mask, and begins with the state that the image before has
left. Both are mended from outside: steps get a further feature, 1 where there is *no step*, whose
weights close the input and the forget gate, so that the state is 0 behind such a step, exactly.
One is put in front of each sequence, and all beyond the end of an image are such.
"""

import keras
import numpy as np
import tensorflow as tf

from ctckit.networks.keras_privates import AddOperation
from ctckit.networks.plain import copy_of

CLOSED = -1e4  # added to a gate: its sigmoid is 0 whatever else is added
_STEPWISE = (keras.layers.LSTM, keras.layers.GRU, keras.layers.SimpleRNN)


def for_litert(network: keras.Model) -> keras.Model:
    """Return a copy of `network`, made by `plain_copy`, that says the same of one image, (1, …)."""
    return copy_of(network, _convertible)


def _convertible(layer: keras.Operation) -> keras.Operation:
    if type(layer) is AddOperation:
        return _Sum()
    if type(layer) is keras.layers.Bidirectional:
        forward, backward = map(_convertible, (layer.forward_layer, layer.backward_layer))
        return keras.layers.Bidirectional(
            forward, layer.merge_mode, backward_layer=backward, name=layer.name
        )
    config = layer.get_config()
    if type(layer) is keras.layers.LSTM and _is_usual(layer):
        return OneOperatorLSTM.from_config(config)
    if type(layer) in _STEPWISE:
        config["unroll"] = True
    return type(layer).from_config(config)


def _is_usual(layer: keras.layers.LSTM) -> bool:
    """Tell whether LiteRT's LSTM computes what `layer` does."""
    gates = layer.activation, layer.recurrent_activation
    usual = gates == (keras.activations.tanh, keras.activations.sigmoid) and layer.use_bias
    return usual and layer.return_sequences and not (layer.return_state or layer.stateful)


@keras.saving.register_keras_serializable("ctckit")  # Bidirectional makes copies of its layers
class OneOperatorLSTM(keras.layers.LSTM):
    """A Keras LSTM of one sequence, of which the converter makes one operator."""

    def call(self, sequences, initial_state=None, mask=None, training=False):
        """Return the outputs of all steps, (1, T, units); 0 where `mask`, (1, T), is."""
        missing = tf.zeros_like(sequences[..., :1])
        if mask is not None:
            missing = 1 - tf.cast(mask, tf.float32)[..., None]
        x = tf.concat([sequences, missing], -1)
        x = tf.reverse(x, [1]) if self.go_backwards else x
        size = x.shape[-1]
        no_step = np.eye(1, size, size - 1, dtype=np.float32)[None]
        x = tf.concat([no_step, x], 1)
        cell = self.cell
        weights = cell.kernel, cell.recurrent_kernel, cell.bias
        kernel, recurrent_kernel, bias = map(tf.convert_to_tensor, weights)
        closed, free = [CLOSED] * (2 * self.units), [0.0] * (2 * self.units)  # i and f; c and o
        kernel = tf.concat([kernel, [closed + free]], 0)
        state = tf.zeros((1, self.units))
        run = tf.function(_lstm, autograph=False, experimental_attributes=_ONE_OPERATOR)
        _, outputs, *_ = run(x, state, state, kernel, recurrent_kernel, bias)
        return outputs[:, 1:]


# What the converter knows Keras' own LSTM by, as it was in Keras 2: with these arguments, and the
# last output, all outputs, two states and a number that is of no use here.
_ONE_OPERATOR = {"api_implements": "lstm_ctckit", "time_major": False, "go_backwards": False}


def _lstm(x, h, c, kernel, recurrent_kernel, bias):
    def step(state, features):
        h, c = state
        gates = tf.matmul(features, kernel) + tf.matmul(h, recurrent_kernel) + bias
        i, f, g, o = tf.split(gates, 4, axis=-1)
        c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
        return tf.sigmoid(o) * tf.tanh(c), c

    outputs, states = tf.scan(step, tf.transpose(x, (1, 0, 2)), (h, c))
    outputs = tf.ensure_shape(tf.transpose(outputs, (1, 0, 2)), (*x.shape[:2], h.shape[-1]))
    return outputs[:, -1], outputs, outputs[:, -1], states[-1], tf.constant(0.0)


class _Sum(keras.Operation):
    """A sum of two tensors; Keras makes a bias of one that has a single axis longer than 1.

    At batch size 1 many have, and the converter knows no bias along the second axis.
    """

    def call(self, first, second):
        return tf.add(first, second)

    def compute_output_spec(self, first, second):
        return keras.ops.add(first, second)
