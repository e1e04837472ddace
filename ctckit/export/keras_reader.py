"""What a Keras network says of images, quickly."""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

Reader = Callable[[np.ndarray], np.ndarray]


def keras_reader(network: keras.Model) -> Reader:
    """Return a function of images (N, H, W, C) of any number type, to probabilities, float32.

    It is compiled once for all sizes of batches: operation by operation, an LSTM of 40 steps takes
    a batch of 16 images more than ten times as long.
    """
    form = tf.TensorSpec((None, *network.input_shape[1:]), tf.float32)
    run = tf.function(lambda images: network(images, training=False), input_signature=[form])
    return lambda images: np.asarray(run(images.astype(np.float32)))
