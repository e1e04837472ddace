"""Blocks that the networks are made of."""

import keras
import tensorflow as tf
from keras import KerasTensor, layers

LEAKY_SLOPE = 0.1  # mltu's; Keras' own default is 0.3


@keras.saving.register_keras_serializable("ctckit")
class LSTM(layers.LSTM):
    """A Keras LSTM that trains with one fused operation on a CPU.

    Keras' loop over time issues six small matrix products for each step and direction. The
    fused kernel computes the same; a training step of `crnn` takes a fifth less with it. GPUs
    have cuDNN for this; inference, export and XLA (`use_cudnn=False`) use Keras' own loop.
    """

    def call(self, sequences, initial_state=None, mask=None, training=False):
        """Return the outputs of all steps, (B, T, units), or what Keras returns."""
        fits = initial_state is None and mask is None and self.return_sequences
        fits &= self.use_cudnn is not False and self.compute_dtype != "float64"
        if training and fits and not tf.config.list_physical_devices("GPU"):
            return self._fused(sequences)
        return super().call(sequences, initial_state, mask, training)

    def _fused(self, sequences: tf.Tensor) -> tf.Tensor:
        x = tf.transpose(sequences, (1, 0, 2))  # (T, B, D)
        x = tf.reverse(x, [0]) if self.go_backwards else x
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
        return tf.cast(tf.transpose(outputs.h, (1, 0, 2)), self.compute_dtype)


def _gates_icfo(weights: tf.Tensor) -> tf.Tensor:
    """Reorder the gates along the last axis from Keras' order, i f c o, to that of the kernel."""
    i, f, c, o = tf.split(weights, 4, axis=-1)
    return tf.concat([i, c, f, o], axis=-1)


@keras.saving.register_keras_serializable("ctckit")
class BatchNormalization(layers.BatchNormalization):
    """A Keras batch normalisation that trains images with one fused operation.

    Keras computes the same with eight; a training step of `crnn` on a CPU takes a sixth less
    with one. The default momentum forgets the first steps within a short run; Keras' own 0.99
    needs some 500 steps.
    """

    def __init__(self, momentum: float = 0.9, **options) -> None:
        super().__init__(momentum=momentum, **options)

    def call(self, inputs, training=None, mask=None):
        """Normalise (B, H, W, C) or (B, T, C) over all axes but the last."""
        if not (training and self.trainable) or mask is not None or len(inputs.shape) != 4:
            return super().call(inputs, training=training, mask=mask)
        outputs = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=tf.convert_to_tensor(self.gamma),
            offset=tf.convert_to_tensor(self.beta),
            mean=[],
            variance=[],
            epsilon=self.epsilon,
            is_training=True,
        )
        kept, count = self.momentum, tf.cast(tf.size(inputs) / inputs.shape[-1], tf.float32)
        new_mean = outputs.batch_mean
        new_variance = outputs.batch_variance * (1 - 1 / count)  # the kernel divides by count - 1
        self.moving_mean.assign(self.moving_mean * kept + new_mean * (1 - kept))
        self.moving_variance.assign(self.moving_variance * kept + new_variance * (1 - kept))
        return outputs.y


def use_plain_loops(network: keras.Model) -> None:
    """Let LSTMs of `network` loop over time by plain operations: XLA knows no fused kernels."""
    for layer in network.layers:
        for part in (layer, *(getattr(layer, side, None) for side in _DIRECTIONS)):
            if isinstance(part, layers.LSTM):
                part.use_cudnn, part.supports_jit = False, True


_DIRECTIONS = ("forward_layer", "backward_layer")  # where Bidirectional keeps its layers


def rescale(images: KerasTensor, scale: float, offset: float = 0.0) -> KerasTensor:
    """Return images · scale + offset, (B, H, W, C).

    As (B, H, W · C), because onnxruntime takes a loop's turn for every element of a last axis
    of 1: 0.2 ms for a grey image of 50 x 200, a third of the whole network.
    """
    _, height, width, channels = images.shape
    x = layers.Reshape((height, width * channels))(images)
    x = layers.Rescaling(scale, offset=offset)(x)
    return layers.Reshape((height, width, channels))(x)


def activation_layer(x: KerasTensor, activation: str) -> KerasTensor:
    """Apply "relu" or "leaky_relu" (slope 0.1)."""
    if activation == "relu":
        return layers.ReLU()(x)
    if activation == "leaky_relu":
        return layers.LeakyReLU(negative_slope=LEAKY_SLOPE)(x)
    raise ValueError(f"Expected activation 'relu' or 'leaky_relu'. Received: {activation!r}")


def conv_block(
    x: KerasTensor,
    filters: int,
    *,
    kernel_size: int = 3,
    strides: int | tuple[int, int] = 1,
    momentum: float = 0.9,
) -> KerasTensor:
    """Convolve, normalise and rectify: (B, H, W, C) to (B, H/s, W/s, filters)."""
    x = layers.Conv2D(filters, kernel_size, strides=strides, padding="same", use_bias=False)(x)
    x = BatchNormalization(momentum)(x)
    return layers.ReLU()(x)


def residual_block(
    x: KerasTensor,
    filters: int,
    *,
    strides: int | tuple[int, int] = 2,
    kernel_size: int = 3,
    skip_conv: bool = True,
    skip_norm: bool = True,
    activation: str = "relu",
    use_bias: bool = False,
    dropout: float = 0.0,
    kernel_initializer: str = "he_uniform",
    momentum: float = 0.9,
) -> KerasTensor:
    """Add two convolutions to what came in: (B, H, W, C) to (B, H/s, W/s, filters).

    Source: He et al. 2015, https://arxiv.org/abs/1512.03385. The defaults are ours; mltu's
    block is use_bias=True, skip_norm=False, dropout=0.2, momentum=0.99.

    Args:
        x: feature map.
        filters: of both convolutions.
        strides: of the first convolution and of the skip path, one number or (height, width).
        kernel_size: of both convolutions.
        skip_conv: 1×1 convolution on the skip path; needed where shape or filters change.
        skip_norm: batch normalisation behind that convolution.
        activation: "relu" or "leaky_relu".
        use_bias: in the convolutions; of no use in front of a batch normalisation.
        dropout: rate behind the block, 0…1.
        kernel_initializer: of the convolutions.
        momentum: of the running statistics of the batch normalisation.
    """

    def convolve(x: KerasTensor, size: int, strides: int | tuple[int, int]) -> KerasTensor:
        return layers.Conv2D(
            filters, size, strides=strides, padding="same", use_bias=use_bias,
            kernel_initializer=kernel_initializer,
        )(x)  # fmt: skip

    skip = x
    x = convolve(x, kernel_size, strides)
    x = BatchNormalization(momentum)(x)
    x = activation_layer(x, activation)
    x = convolve(x, kernel_size, 1)
    x = BatchNormalization(momentum)(x)
    if skip_conv:
        skip = convolve(skip, 1, strides)
        skip = BatchNormalization(momentum)(skip) if skip_norm else skip
    x = activation_layer(layers.Add()([x, skip]), activation)
    return layers.Dropout(dropout)(x) if dropout else x


def columns_as_time(x: KerasTensor) -> KerasTensor:
    """Make image width the time axis: (B, H, W, C) to (B, W, H · C)."""
    _, height, width, channels = x.shape
    x = layers.Permute((2, 1, 3))(x)
    return layers.Reshape((width, height * channels))(x)
