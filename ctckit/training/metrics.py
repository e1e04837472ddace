"""Character error rate and share of texts misread, while training."""

from typing import Any

import keras
import tensorflow as tf

from ctckit.text.vocabulary import blank_id
from ctckit.training.losses import label_lengths


def greedy_decode_sparse(y_pred: tf.Tensor) -> tf.SparseTensor:
    """Decode (B, T, C) greedily: best class per step, repeats merged, blanks dropped."""
    ids = tf.argmax(y_pred, axis=-1, output_type=tf.int32)  # (B, T)
    is_new = tf.concat([tf.ones_like(ids[:, :1], tf.bool), ids[:, 1:] != ids[:, :-1]], axis=1)
    keep = is_new & (ids != blank_id(tf.shape(y_pred)[-1]))
    return tf.ragged.boolean_mask(ids, keep).to_sparse()


@keras.saving.register_keras_serializable("ctckit")
class CWERMetric(keras.metrics.Metric):
    """Measure `CER` and `WER` of greedily decoded probabilities since the last reset.

    CER = edits / characters of the true texts; WER = texts not read exactly / texts: sums over
    everything seen, divided once. Keras resets both at the start of every epoch.

    Args:
        padding_token: id that pads the labels (`Vocabulary.padding_id`).
        name: as in every Keras metric; the logs show CER and WER.
    """

    def __init__(self, padding_token: int, name: str = "CWER", dtype: str | None = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.padding_token = padding_token
        self.edits, self.characters, self.wrong_texts, self.texts = (
            self.add_variable(shape=(), initializer="zeros", name=name)
            for name in ("edits", "characters", "wrong_texts", "texts")
        )

    def update_state(self, y_true: tf.Tensor, y_pred: tf.Tensor, sample_weight: Any = None) -> None:
        """Count the errors of a batch.

        Args:
            y_true: ids (B, L), padded with `padding_token`.
            y_pred: probabilities or logits (B, T, C).
            sample_weight: not used; every text counts once.
        """
        y_true = tf.cast(y_true, tf.int32)
        lengths = label_lengths(y_true, self.padding_token)
        truth = tf.RaggedTensor.from_tensor(y_true, lengths=lengths).to_sparse()
        edits = tf.edit_distance(greedy_decode_sparse(y_pred), truth, normalize=False)  # (B,)
        self.edits.assign_add(tf.reduce_sum(edits))
        self.characters.assign_add(tf.cast(tf.reduce_sum(lengths), tf.float32))
        self.wrong_texts.assign_add(tf.reduce_sum(tf.cast(edits > 0, tf.float32)))
        self.texts.assign_add(tf.cast(tf.shape(y_true)[0], tf.float32))

    def result(self) -> dict[str, tf.Tensor]:
        """Return the rates, 0 where nothing was counted; CER may exceed 1."""
        characters, texts = self.characters.value, self.texts.value
        parts = tf.where(characters > 0, characters, texts)  # as `ErrorCounts.cer`
        return {
            "CER": tf.math.divide_no_nan(self.edits.value, parts),
            "WER": tf.math.divide_no_nan(self.wrong_texts.value, texts),
        }

    def get_config(self) -> dict:
        """Return the arguments of the constructor."""
        return {"padding_token": self.padding_token, "name": self.name, "dtype": self.dtype}
