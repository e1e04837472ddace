"""The CTC loss."""

import keras
import tensorflow as tf

from ctckit.text.vocabulary import BLANK, blank_id

EPSILON = 1e-7  # keeps the logarithm of a probability finite


def label_lengths(y_true: tf.Tensor, padding_id: tf.Tensor | int) -> tf.Tensor:
    """Count the ids before the padding: (B, L) to int32 (B,)."""
    return tf.math.count_nonzero(tf.not_equal(y_true, padding_id), axis=1, dtype=tf.int32)


def _losses_of_nothing(logits: tf.Tensor, is_empty: tf.Tensor) -> tf.Tensor:
    """Return the loss of each sample (B,) if its label is empty: its one path is all blanks.

    Where no label is empty, nothing is computed.
    """

    def all_blank() -> tf.Tensor:
        return -tf.reduce_sum(tf.nn.log_softmax(logits)[..., BLANK], axis=1)

    return tf.cond(tf.reduce_any(is_empty), all_blank, lambda: tf.zeros_like(logits[:, 0, 0]))


@keras.saving.register_keras_serializable("ctckit")
class CTCloss(keras.losses.Loss):
    """Compute the connectionist temporal classification loss, averaged over the batch.

    Source: Graves et al. 2006, https://www.cs.toronto.edu/~graves/icml_2006.pdf. The blank also
    pads the labels. The mean, not the sum, keeps the learning rate independent of the batch size.

    Args:
        from_logits: the network's output is raw scores instead of probabilities.
        xla: compute by operations that XLA can compile, five times slower than the kernel where
            they are not compiled.
        reduction: as in every Keras loss; None gives the loss of each sample, in nats.
        name: as in every Keras loss.
    """

    def __init__(
        self,
        from_logits: bool = False,
        xla: bool = False,
        reduction: str | None = "sum_over_batch_size",
        name: str = "CTCloss",
    ) -> None:
        super().__init__(name=name, reduction=reduction)
        self.from_logits = from_logits
        self.xla = xla

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """Return the loss of each sample, float32 (B,).

        Args:
            y_true: ids (B, L), padded with the blank.
            y_pred: probabilities, or logits, (B, T, C).
        """
        y_pred = tf.cast(y_pred, tf.float32)
        logits = y_pred if self.from_logits else tf.math.log(y_pred + EPSILON)
        batch, num_steps, num_classes = tf.unstack(tf.shape(logits))
        y_true = tf.cast(y_true, tf.int32)
        lengths = label_lengths(y_true, blank_id(num_classes))
        steps = tf.fill([batch], num_steps)
        if self.xla:
            return tf.nn.ctc_loss(
                y_true, logits, lengths, steps, logits_time_major=False, blank_index=BLANK
            )
        # The C++ kernel; tf.nn.ctc_loss with dense labels computes the same five times slower. It
        # takes no empty label: such a one gets a character here, and its own loss below.
        is_empty = tf.equal(lengths, 0)
        filled = tf.where(is_empty[:, None], 0, y_true)
        labels = tf.RaggedTensor.from_tensor(filled, lengths=tf.maximum(lengths, 1))
        losses = tf.compat.v1.nn.ctc_loss(
            labels=labels.to_sparse(), inputs=logits, sequence_length=steps, time_major=False
        )
        return tf.where(is_empty, _losses_of_nothing(logits, is_empty), losses)

    def get_config(self) -> dict:
        """Return the arguments of the constructor."""
        return {
            "from_logits": self.from_logits,
            "xla": self.xla,
            "reduction": self.reduction,
            "name": self.name,
        }
