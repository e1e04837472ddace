"""Layers and an optimizer that train with TensorFlow's fused operations on a CPU."""

import ctypes
import platform
from functools import cache

import keras
import tensorflow as tf
from keras import layers

from ctckit.networks.keras_privates import moments_of


@keras.saving.register_keras_serializable("ctckit")
class FusedLSTM(layers.LSTM):
    """A Keras LSTM that trains with one fused operation on a CPU.

    Keras' loop over time issues six small matrix products for each step and direction. The
    fused kernel computes the same; a training step of `crnn` takes a fifth less with it. GPUs
    have cuDNN for this; inference, export and XLA (`use_cudnn=False`) use Keras' own loop.
    """

    def call(self, sequences, initial_state=None, mask=None, training=False):
        """Return the outputs of all steps, (B, T, units), or what Keras returns."""
        fits = initial_state is None and self.return_sequences
        fits &= self.use_cudnn is not False and self.compute_dtype != "float64"
        if training and fits and not tf.config.list_physical_devices("GPU"):
            return self._fused(sequences, mask)
        return super().call(sequences, initial_state, mask, training)

    def _fused(self, sequences: tf.Tensor, mask: tf.Tensor | None) -> tf.Tensor:
        x = tf.transpose(sequences, (1, 0, 2))  # (T, B, D)
        x = _backwards(x, mask) if self.go_backwards else x
        weights = tf.concat([self.cell.kernel, self.cell.recurrent_kernel], axis=0)
        num_steps, batch_size = tf.unstack(tf.shape(x))[:2]
        no_state = tf.zeros((batch_size, self.units))
        no_peephole = tf.zeros([self.units])
        # Not BlockLSTMV2, which takes the gates in Keras' order: its gradient is wrong.
        outputs = tf.raw_ops.BlockLSTM(
            seq_len_max=tf.cast(num_steps, tf.int64),
            x=tf.cast(x, tf.float32),  # the kernel takes no bfloat16
            cs_prev=no_state,
            h_prev=no_state,
            w=tf.cast(_gates_icfo(weights), tf.float32),
            wci=no_peephole,
            wcf=no_peephole,
            wco=no_peephole,
            b=tf.cast(_gates_icfo(self.cell.bias), tf.float32),
            forget_bias=0.0,  # Keras keeps it in the bias
            cell_clip=-1.0,
            use_peephole=False,
        )
        h = outputs.h
        if self.go_backwards and mask is not None:  # Keras has the end of the longest first
            h = tf.reverse(_backwards(h, mask), [0])
        return tf.cast(tf.transpose(h, (1, 0, 2)), self.compute_dtype)


def _backwards(x: tf.Tensor, mask: tf.Tensor | None) -> tf.Tensor:
    """Return (T, B, D) from its last step to its first; each sequence from its own last step."""
    if mask is None:
        return tf.reverse(x, [0])
    lengths = tf.reduce_sum(tf.cast(mask, tf.int32), axis=1)
    return tf.reverse_sequence(x, lengths, seq_axis=0, batch_axis=1)


def _gates_icfo(weights: tf.Tensor) -> tf.Tensor:
    """Reorder the gates along the last axis from Keras' order, i f c o, to that of the kernel."""
    i, f, c, o = tf.split(weights, 4, axis=-1)
    return tf.concat([i, c, f, o], axis=-1)


@keras.saving.register_keras_serializable("ctckit")
class FusedBatchNormalization(layers.BatchNormalization):
    """A Keras batch normalisation that trains images with one fused operation.

    Keras computes the same with eight; a training step of `crnn` on a CPU takes a sixth less
    with one. The default momentum forgets the first steps within a short run; Keras' own 0.99
    needs some 500 steps.
    """

    def __init__(self, momentum: float = 0.9, **options) -> None:
        super().__init__(momentum=momentum, **options)

    def call(self, inputs, training=None, mask=None):
        """Normalise (B, H, W, C) or (B, T, C) over all axes but the last.

        `mask`, (B, 1, W) or (B, T), is 0 where nothing is to be counted. Where it is `synchronized`
        the statistics are those of what all devices have.
        """
        if not (training and self.trainable):
            return super().call(inputs, training=training)
        if mask is None and self.synchronized:
            mask = tf.ones_like(inputs[..., 0])
        if mask is not None:
            return self._masked(inputs, tf.cast(mask, tf.float32)[..., None])
        if len(inputs.shape) != 4:
            return super().call(inputs, training=training)
        outputs = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=tf.convert_to_tensor(self.gamma),
            offset=tf.convert_to_tensor(self.beta),
            mean=[],
            variance=[],
            epsilon=self.epsilon,
            is_training=True,
        )
        count = tf.cast(tf.size(inputs) / inputs.shape[-1], tf.float32)
        new_mean = outputs.batch_mean
        new_variance = outputs.batch_variance * (1 - 1 / count)  # the kernel divides by count - 1
        self._remember(new_mean, new_variance)
        return outputs.y

    def _masked(self, inputs: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        kind, inputs = inputs.dtype, tf.cast(inputs, tf.float32)  # 16 bits are too few for sums
        axes = list(range(len(inputs.shape) - 1))
        counted = tf.reduce_sum(mask) * tf.cast(tf.size(inputs[..., 0]) / tf.size(mask), mask.dtype)
        counted = self._of_all(counted)
        mean = self._of_all(tf.reduce_sum(inputs * mask, axes)) / counted
        centred = (inputs - mean) * mask
        variance = self._of_all(tf.reduce_sum(centred * centred, axes)) / counted
        self._remember(mean, variance)
        scale = tf.math.rsqrt(variance + self.epsilon) * tf.cast(self.gamma, tf.float32)
        return tf.cast(centred * scale + tf.cast(self.beta, tf.float32), kind)

    def _of_all(self, own: tf.Tensor) -> tf.Tensor:
        """Return the sum over all devices, where it is to be that of all."""
        if not self.synchronized:
            return own
        return tf.distribute.get_replica_context().all_reduce("SUM", own)

    def _remember(self, mean: tf.Tensor, variance: tf.Tensor) -> None:
        kept = self.momentum
        self.moving_mean.assign(self.moving_mean * kept + mean * (1 - kept))
        self.moving_variance.assign(self.moving_variance * kept + variance * (1 - kept))


def synchronise_batch_normalisation(network: keras.Model) -> None:
    """Let `network` take the statistics of the whole batch, not of each device's share."""
    for layer in network.layers:
        if isinstance(layer, FusedBatchNormalization):
            layer.synchronized = True


def use_plain_loops(network: keras.Model) -> None:
    """Let LSTMs of `network` loop over time by plain operations: XLA knows no fused kernels."""
    for layer in network.layers:
        for part in (layer, *(getattr(layer, side, None) for side in _DIRECTIONS)):
            if isinstance(part, layers.LSTM):
                part.use_cudnn, part.supports_jit = False, True


_DIRECTIONS = ("forward_layer", "backward_layer")  # where Bidirectional keeps its layers


# Parameters of mallopt(3), from glibc's malloc.h.
M_TRIM_THRESHOLD = -1  # bytes that may lie free at the end of the heap
M_MMAP_THRESHOLD = -3  # bytes from which a block is mapped, and unmapped when freed
KEEP_BYTES = 1 << 30


@cache
def keep_freed_memory() -> None:
    """Let the process keep the memory that a training step frees, for the next step.

    TensorFlow tells glibc at the first `tf.data.Dataset.from_generator`, which Keras' `fit` uses
    for every provider, to return all but 128 KiB to the system. Each step then asks for its feature
    maps anew, a page at a time: a training step of `crnn` on two cores takes a quarter longer.

    Nothing is done where the C library is not glibc.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    signature = tf.TensorSpec((), tf.int32)
    next(iter(tf.data.Dataset.from_generator(lambda: [0], output_signature=signature)))
    libc = ctypes.CDLL(None)
    for parameter in (M_TRIM_THRESHOLD, M_MMAP_THRESHOLD):
        libc.mallopt(parameter, KEEP_BYTES)


@keras.saving.register_keras_serializable("ctckit")
class FusedAdamW(keras.optimizers.AdamW):
    """Keras' AdamW, with one operation for each weight where Keras has twelve.

    The result is the same; small networks on a CPU spend a tenth of a step on those twelve.
    """

    def update_step(self, gradient, variable, learning_rate) -> None:
        """Update `variable` and its two moments in place."""
        momentum, velocity = moments_of(self, variable)
        step = tf.cast(self.iterations + 1, tf.float32)
        tf.raw_ops.ResourceApplyAdam(
            var=_handle(variable),
            m=_handle(momentum),
            v=_handle(velocity),
            beta1_power=self.beta_1**step,
            beta2_power=self.beta_2**step,
            lr=tf.cast(learning_rate, tf.float32),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=gradient,
        )


def _handle(variable: keras.Variable | tf.Variable) -> tf.Tensor:
    return variable.handle if hasattr(variable, "handle") else variable.value.handle
