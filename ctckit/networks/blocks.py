"""Blocks that the networks are made of."""

from keras import KerasTensor, layers

from ctckit.networks.fused import FusedBatchNormalization

LEAKY_SLOPE = 0.1  # mltu's; Keras' own default is 0.3


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
    x = FusedBatchNormalization(momentum)(x)
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
    x = FusedBatchNormalization(momentum)(x)
    x = activation_layer(x, activation)
    x = convolve(x, kernel_size, 1)
    x = FusedBatchNormalization(momentum)(x)
    if skip_conv:
        skip = convolve(skip, 1, strides)
        skip = FusedBatchNormalization(momentum)(skip) if skip_norm else skip
    x = activation_layer(layers.Add()([x, skip]), activation)
    return layers.Dropout(dropout)(x) if dropout else x


def columns_as_time(x: KerasTensor) -> KerasTensor:
    """Make image width the time axis: (B, H, W, C) to (B, W, H · C)."""
    _, height, width, channels = x.shape
    x = layers.Permute((2, 1, 3))(x)
    return layers.Reshape((width, height * channels))(x)
