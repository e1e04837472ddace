"""A Keras model that trains every head of a network and measures and keeps the first."""

from functools import partial

import keras
import tensorflow as tf

from ctckit.networks.fused import use_plain_loops
from ctckit.networks.keras_privates import count_loss
from ctckit.text.vocabulary import blank_id
from ctckit.training.flat_start import FlatStart


class CTCModel(keras.Model):
    """Train a network whose further outputs are auxiliary heads over the same labels.

    The loss is the weighted mean of the heads' losses, so that it stays comparable with the
    loss of a network with one head. Source: intermediate CTC, Lee and Watanabe 2021,
    https://arxiv.org/abs/2102.03216.

    Args:
        network: functional model; its first output is the probabilities to keep.
        auxiliary_weight: weight of each further head; the first has weight 1.
        jit_step: compile forward pass, loss and gradients of a training step with XLA; the loss
            must be one that XLA can compile (`CTCloss(xla=True)`). Keras' own `jit_compile`
            takes the metrics, too, and XLA has no edit distance.
        flat_start: how a training begins; None: with the CTC loss.

    Attributes:
        reader: the network with its first output only: what is validated, saved and exported.
    """

    def __init__(
        self,
        network: keras.Model,
        auxiliary_weight: float = 0.5,
        jit_step: bool = False,
        flat_start: FlatStart | None = None,
    ) -> None:
        super().__init__(name=network.name)
        self.network = network
        self.auxiliary_weight = auxiliary_weight
        self.flat_start = flat_start
        self.reader = keras.Model(network.inputs[0], network.outputs[0], name=network.name)
        self._jit_step = None
        if jit_step:
            use_plain_loops(network)
            self._jit_step = tf.function(partial(gradients_of, self), jit_compile=True)

    def compile(self, *arguments, **options) -> None:
        """Compile as Keras does, and give optimizer and metrics their variables at once.

        Keras would make them within the first step, which TensorFlow then traces twice: 3 seconds;
        and a training that goes on from a state must have them before.
        """
        super().compile(*arguments, **options)
        self.optimizer.build(self.trainable_variables)
        num_classes = self.reader.output_shape[-1]
        nothing = tf.fill((1, 1), blank_id(num_classes)), tf.zeros((1, 1, num_classes))
        self.compute_metrics(None, *nothing)
        self.reset_metrics()

    def call(self, images, training: bool = False):
        """Return all heads while training, else the probabilities alone."""
        if training and self.auxiliary_weight:
            return self.network(images, training=True)
        return self.reader(images, training=training)

    def train_step(self, data):
        """Do what Keras does, the larger part of it compiled if `jit_step` says so."""
        if self._jit_step is None:
            return super().train_step(data)
        x, y = data
        loss, y_pred, gradients = self._jit_step(x, y)
        count_loss(self, loss, x)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_weights, strict=True))
        return self.compute_metrics(x, y, y_pred)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Return the weighted mean of the heads' losses, while a flat start lasts of its own."""
        if not training or self.flat_start is None:
            return self._given_loss(x, y, y_pred, sample_weight, training)
        return tf.cond(
            self.flat_start.is_on,
            lambda: self._flat_loss(y, y_pred),
            lambda: self._given_loss(x, y, y_pred, sample_weight, training),
        )

    def _flat_loss(self, y, y_pred):
        heads = _heads(y_pred)
        self.flat_start.update(y, (heads[1:] or heads)[0])  # the auxiliary one learns first
        loss = self._mean(*(tf.reduce_mean(self.flat_start.losses(y, head)) for head in heads))
        return loss / tf.distribute.get_strategy().num_replicas_in_sync  # as Keras' losses are

    def _given_loss(self, x, y, y_pred, sample_weight, training):
        first, *others = _heads(y_pred)
        loss = super().compute_loss(x, y, first, sample_weight, training)
        return self._mean(loss, *(self.loss(y, head, sample_weight) for head in others))

    def _mean(self, first, *others):
        total = first
        for loss in others:
            total += self.auxiliary_weight * loss
        return total / (1 + self.auxiliary_weight * len(others))

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """Measure the first head."""
        return super().compute_metrics(x, y, _heads(y_pred)[0], sample_weight)


def gradients_of(model: keras.Model, x, y, weight=1.0):
    """Return the mean loss of a batch, what the network says of it, and the gradients.

    Args:
        model: compiled.
        x: images (B, H, W, C).
        y: labels (B, L).
        weight: of the loss, in the gradients alone; 1, or the share of a larger batch.
    """
    with tf.GradientTape() as tape:
        y_pred = model(x, training=True)
        loss = model.compute_loss(x, y, y_pred)
        scaled = model.optimizer.scale_loss(loss * weight)
    weights = [variable.value for variable in model.trainable_weights]
    return loss, y_pred, tape.gradient(scaled, weights)


def _heads(y_pred) -> list:
    return list(y_pred) if isinstance(y_pred, list | tuple) else [y_pred]
