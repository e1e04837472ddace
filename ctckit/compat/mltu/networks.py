"""The block that mltu's networks are made of."""

from keras import KerasTensor

from ctckit.networks import blocks
from ctckit.networks.blocks import activation_layer as activation_layer


def residual_block(
    x: KerasTensor,
    filter_num: int,
    strides: int | tuple[int, int] = 2,
    kernel_size: int = 3,
    skip_conv: bool = True,
    kernel_initializer: str = "he_uniform",
    activation: str = "relu",
    dropout: float = 0.2,
) -> KerasTensor:
    """Add two convolutions to what came in: (B, H, W, C) to (B, H/s, W/s, filter_num).

    Args:
        x: feature map.
        filter_num: filters of both convolutions.
        strides: of the first convolution and of the skip path, one number or (height, width).
        kernel_size: of both convolutions.
        skip_conv: 1×1 convolution on the skip path; needed where shape or filters change.
        kernel_initializer: of the convolutions.
        activation: "relu" or "leaky_relu".
        dropout: rate behind the block, 0…1.
    """
    return blocks.residual_block(
        x, filter_num, strides=strides, kernel_size=kernel_size, skip_conv=skip_conv,
        skip_norm=False, activation=activation, use_bias=True, dropout=dropout,
        kernel_initializer=kernel_initializer, momentum=0.99,
    )  # fmt: skip
