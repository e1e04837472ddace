"""Dense layers as plain matrix products."""

import keras
import tensorflow as tf

from ctckit.networks.plain import copy_of


class _Product(keras.layers.Dense):
    """A Dense of sequences by one product, of which the converter makes one operator.

    Keras' own is a tensor product: sizes are read, multiplied and joined for two reshapes.
    """

    def call(self, inputs, training=None):
        """Return (N, T, units) for (N, T, D)."""
        x = tf.matmul(inputs, self.kernel)
        x = x if self.bias is None else tf.nn.bias_add(x, self.bias)
        return x if self.activation is None else self.activation(x)


def with_plain_products(network: keras.Model) -> keras.Model:
    """Return a copy of `network`, made by `plain_copy`, that multiplies sequences by matrices."""
    return copy_of(network, _with_product)


def _with_product(layer: keras.Layer) -> keras.Layer:
    is_product = type(layer) is keras.layers.Dense and len(layer.input.shape) > 2
    kind = _Product if is_product else type(layer)
    return kind.from_config(layer.get_config())
