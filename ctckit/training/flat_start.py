"""A start for the CTC loss: characters are first taken to be evenly spread along the image."""

from typing import Any

import tensorflow as tf

from ctckit.text.vocabulary import blank_id
from ctckit.training.losses import label_lengths

TINY = 1e-30  # keeps the logarithm of a probability finite; float32 has smaller ones
TELLS_APART = 0.05  # how much better than their mean the guesses must be, relatively
MOMENTUM = 0.95  # of the mean of what batches show
MANY = 200  # characters of a vocabulary, from which a training begins so


class FlatStart:
    """Teach a network which characters there are before it is to find out where they stand.

    CTC must find both at once. Of thousands of characters each is seen too seldom for that, and
    the network goes on saying blank. So in the first steps the L characters of a text are taken to
    fill T / L steps each, and the network learns which one stands at a step, given that one does.
    It ends as soon as the guesses fit noticeably better than their mean over the batch, or when
    `is_on` is set to False: `training.fit` does that after half of a usual run.

    Source: the flat start of hidden Markov models, Young et al. 2006, "The HTK Book", section 8.3
    (http://htk.eng.cam.ac.uk): all are first estimated from evenly cut utterances.

    Attributes:
        is_on: whether it lasts, a bool variable.
        gain: how much better than their mean the guesses are, 0…1, the mean over many batches.
    """

    def __init__(self) -> None:
        self.is_on = tf.Variable(True, trainable=False, name="flat_start")
        self.gain = tf.Variable(0.0, trainable=False, name="flat_start_gain")

    @classmethod
    def where_needed(cls, num_characters: int) -> "FlatStart | None":
        """Return one for a vocabulary of very many characters; with others CTC needs none."""
        return cls() if num_characters >= MANY else None

    def memory(self) -> dict[str, float]:
        """Return what to remember of it, beside whether it lasts."""
        return {"gain": float(self.gain)}

    def restore(self, memory: dict[str, Any]) -> None:
        """Go on from what `memory` returned, or end it if `is_on` says so."""
        self.gain.assign(memory.get("gain", 0.0))
        self.is_on.assign(memory["is_on"])

    def losses(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """Return the loss of each text, in nats, float32 (B,).

        Args:
            y_true: ids (B, L), padded with the blank.
            y_pred: probabilities (B, T, C); what lies beyond an image is blank with probability 1.
        """
        return _cross_entropy(*_even_targets(y_true, y_pred), _given_characters(y_pred))

    def update(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> None:
        """Look whether it ends; a step of training does."""
        positions, ids = _even_targets(y_true, y_pred)
        guesses = _given_characters(y_pred)
        own = tf.cast(_shown(y_pred), tf.float32)[..., None]
        mean = tf.reduce_sum(guesses * own, [0, 1], keepdims=True) / tf.reduce_sum(own)
        of_mean = tf.reduce_sum(_cross_entropy(positions, ids, tf.zeros_like(guesses) + mean))
        of_guesses = tf.reduce_sum(_cross_entropy(positions, ids, guesses))
        gain = tf.math.divide_no_nan(of_mean - of_guesses, of_mean)
        self.gain.assign(MOMENTUM * self.gain + (1 - MOMENTUM) * gain)
        self.decide()

    def decide(self) -> None:
        """Let it end if the guesses are good enough; it does not begin again."""
        self.is_on.assign(self.is_on & (self.gain < TELLS_APART))


def _shown(y_pred: tf.Tensor) -> tf.Tensor:
    """Tell which steps are the image's: bool (B, T)."""
    return tf.reduce_max(y_pred[..., :-1], axis=-1) > 0


def _given_characters(y_pred: tf.Tensor) -> tf.Tensor:
    """Return the probability of each character, given that it is one: (B, T, C - 1)."""
    characters = tf.cast(y_pred, tf.float32)[..., :-1]
    return characters / (tf.reduce_sum(characters, axis=-1, keepdims=True) + TINY)


def _even_targets(y_true: tf.Tensor, y_pred: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return how much each step shows each character of the text, (B, T, L), and the ids (B, L).

    A step between the middles of two characters shows both, as much as it is near to each.
    """
    num_classes = tf.shape(y_pred)[-1]
    y_true = tf.cast(y_true, tf.int32)
    lengths = label_lengths(y_true, blank_id(num_classes))[:, None, None]
    own = _shown(y_pred)
    num_steps = tf.reduce_sum(tf.cast(own, tf.float32), axis=1)[:, None, None]
    step = tf.range(tf.shape(y_pred)[1], dtype=tf.float32)[None, :, None] + 0.5
    index = tf.range(tf.shape(y_true)[1])[None, None]
    middle = tf.cast(index, tf.float32) + 0.5
    place = step / tf.maximum(num_steps, 1.0) * tf.cast(lengths, tf.float32)
    near = tf.nn.relu(1 - tf.abs(place - middle)) * tf.cast(index < lengths, tf.float32)
    near *= tf.cast(own, tf.float32)[..., None]
    shares = tf.math.divide_no_nan(near, tf.reduce_sum(near, axis=-1, keepdims=True))
    per_step = tf.cast(lengths, tf.float32) / tf.maximum(num_steps, 1.0)  # so a character counts 1
    return shares * per_step, tf.minimum(y_true, num_classes - 2)


def _cross_entropy(shares: tf.Tensor, ids: tf.Tensor, guesses: tf.Tensor) -> tf.Tensor:
    of_ids = tf.gather(guesses, ids, axis=2, batch_dims=1)  # (B, T, L)
    return -tf.reduce_sum(shares * tf.math.log(of_ids + TINY), axis=[1, 2])
