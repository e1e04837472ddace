"""Blocks that the networks are made of.

Where the width is free, a batch holds images of several widths, and what lies beyond the end of one
is no image: `mask`, (B, 1, W), is 1 up to the end of each and 0 beyond. A block given a mask leaves
zeros beyond, as if the padding of its convolutions went on, and takes no statistics there; so an
image gives the same features in any company.
"""

from keras import KerasTensor, layers, ops

from ctckit.image.widths import NO_IMAGE
from ctckit.networks.fused import FusedBatchNormalization

LEAKY_SLOPE = 0.1  # mltu's; Keras' own default is 0.3


def rescale(images: KerasTensor, scale: float, offset: float = 0.0) -> KerasTensor:
    """Return images · scale + offset, (B, H, W, C).

    As (B, H, W · C), because onnxruntime takes a loop's turn for every element of a last axis
    of 1: 0.2 ms for a grey image of 50 x 200, a third of the whole network.
    """
    _, height, width, channels = images.shape
    x = layers.Reshape((height, -1))(images)
    x = layers.Rescaling(scale, offset=offset)(x)
    return layers.Reshape((height, -1 if width is None else width, channels))(x)


def image_mask(images: KerasTensor) -> KerasTensor | None:
    """Return where the images are, (B, 1, W) of 1 and 0; None where all have one width."""
    if images.shape[2] is not None:
        return None
    return ops.cast(ops.not_equal(images[:, :1, :, 0], NO_IMAGE), "float32")


def narrowed(mask: KerasTensor | None, stride: int) -> KerasTensor | None:
    """Return the mask of features that are narrower by `stride`; own widths are multiples of it."""
    return mask if mask is None or stride == 1 else mask[:, :, ::stride]


def masked(x: KerasTensor, mask: KerasTensor | None) -> KerasTensor:
    """Return features (B, H, W, C), zeros beyond the end of each image."""
    return x if mask is None else ops.multiply(x, ops.cast(ops.expand_dims(mask, -1), x.dtype))


def activation_layer(x: KerasTensor, activation: str) -> KerasTensor:
    """Apply "relu" or "leaky_relu" (slope 0.1)."""
    if activation == "relu":
        return layers.ReLU()(x)
    if activation == "leaky_relu":
        return layers.LeakyReLU(negative_slope=LEAKY_SLOPE)(x)
    raise ValueError(f"Expected activation 'relu' or 'leaky_relu'. Received: {activation!r}")


def _normalised(
    x: KerasTensor, mask: KerasTensor | None, momentum: float, activation: str = "relu"
) -> KerasTensor:
    """Normalise and rectify features; beyond the end of each image they are zeros again."""
    x = FusedBatchNormalization(momentum)(x, mask=mask)
    return masked(activation_layer(x, activation), mask)


def conv_block(
    x: KerasTensor,
    filters: int,
    *,
    kernel_size: int = 3,
    strides: int | tuple[int, int] = 1,
    momentum: float = 0.9,
    mask: KerasTensor | None = None,
) -> KerasTensor:
    """Convolve, normalise and rectify: (B, H, W, C) to (B, H/s, W/s, filters).

    `mask` is that of the result, as narrow as it.
    """
    x = layers.Conv2D(filters, kernel_size, strides=strides, padding="same", use_bias=False)(x)
    return _normalised(x, mask, momentum)


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
    separable: bool = False,
    momentum: float = 0.9,
    mask: KerasTensor | None = None,
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
        separable: the second convolution is one of each channel alone and one of 1×1 over all
            of them, normalised and rectified between (Howard et al. 2017,
            https://arxiv.org/abs/1704.04861): a seventh of its multiplications.
        momentum: of the running statistics of the batch normalisation.
        mask: where the images are, as narrow as the result; None: everywhere.
    """

    def convolve(x: KerasTensor, size: int, strides: int | tuple[int, int]) -> KerasTensor:
        return layers.Conv2D(
            filters, size, strides=strides, padding="same", use_bias=use_bias,
            kernel_initializer=kernel_initializer,
        )(x)  # fmt: skip

    skip = x
    x = _normalised(convolve(x, kernel_size, strides), mask, momentum, activation)
    if separable:
        x = layers.DepthwiseConv2D(
            kernel_size, padding="same", use_bias=use_bias,
            depthwise_initializer=kernel_initializer,
        )(x)  # fmt: skip
        x = convolve(_normalised(x, mask, momentum, activation), 1, 1)
    else:
        x = convolve(x, kernel_size, 1)
    x = FusedBatchNormalization(momentum)(x, mask=mask)
    if skip_conv:
        skip = convolve(skip, 1, strides)
        skip = FusedBatchNormalization(momentum)(skip, mask=mask) if skip_norm else skip
    x = masked(activation_layer(layers.Add()([x, skip]), activation), mask)
    return layers.Dropout(dropout)(x) if dropout else x


def column_block(
    x: KerasTensor, filters: int, *, momentum: float = 0.9, mask: KerasTensor | None = None
) -> KerasTensor:
    """Convolve whole columns, normalise and rectify: (B, H, W, C) to (B, W, filters).

    The width becomes the time axis. As a convolution it stays in the layout of those before.
    """
    height, width = x.shape[1:3]
    x = layers.Conv2D(filters, (height, 1), use_bias=False)(x)
    x = _normalised(x, mask, momentum)  # (B, 1, W, filters)
    return layers.Reshape((-1 if width is None else width, filters))(x)


def columns_as_time(x: KerasTensor) -> KerasTensor:
    """Make image width the time axis: (B, H, W, C) to (B, W, H · C)."""
    _, height, width, channels = x.shape
    x = layers.Permute((2, 1, 3))(x)
    return layers.Reshape((-1 if width is None else width, height * channels))(x)


def step_mask(mask: KerasTensor | None) -> KerasTensor | None:
    """Return the mask (B, 1, W) as one of time steps, bool (B, W)."""
    return None if mask is None else ops.cast(mask[:, 0], "bool")


def blank_beyond(probabilities: KerasTensor, mask: KerasTensor | None) -> KerasTensor:
    """Return probabilities (B, T, V + 1) that say blank, with probability 1, beyond each image.

    So decoders, constraints, confidence and loss need not know how wide an image is.
    """
    if mask is None:
        return probabilities
    shown = ops.transpose(mask, (0, 2, 1))  # (B, T, 1)
    characters, blank = probabilities[..., :-1], probabilities[..., -1:]
    return ops.concatenate([characters * shown, blank * shown + (1 - shown)], axis=-1)
