"""The networks of mltu's captcha tutorial and of the Keras example "captcha_ocr"."""

from keras import KerasTensor, layers

from ctckit.networks.blocks import columns_as_time, rescale, residual_block
from ctckit.networks.fused import FusedLSTM

MLTU_BLOCKS = (  # filters, stride, convolution on the skip path
    (16, 1, True), (16, 2, True), (16, 1, False),
    (32, 2, True), (32, 1, False),
    (64, 2, True), (32, 1, True),
    (64, 2, True), (64, 1, False),
)  # fmt: skip


def mltu_captcha(images: KerasTensor, num_classes: int) -> list[KerasTensor]:
    """Build the network of mltu's captcha tutorial: nine residual blocks and one BiLSTM.

    Its time axis is the raster order of the last feature map: T = ⌈H/16⌉ · ⌈W/16⌉.
    """
    x = rescale(images, 1 / 255)
    for filters, stride, skip_conv in MLTU_BLOCKS:
        x = residual_block(
            x, filters, strides=stride, skip_conv=skip_conv, activation="leaky_relu",
            use_bias=True, skip_norm=False, dropout=0.2, kernel_initializer="he_uniform",
            momentum=0.99,
        )  # fmt: skip
    x = layers.Reshape((-1, x.shape[-1]))(x)  # (B, H/16 · W/16, 64)
    x = layers.Bidirectional(FusedLSTM(128, return_sequences=True))(x)
    return [
        layers.Dense(num_classes, activation="softmax", name="probabilities", dtype="float32")(x)
    ]


def keras_captcha_ocr(images: KerasTensor, num_classes: int) -> list[KerasTensor]:
    """Build the network of the Keras example "captcha_ocr"; width is time, T = W / 4."""
    x = rescale(images, 1 / 255)
    for filters in (32, 64):
        x = layers.Conv2D(
            filters, 3, padding="same", activation="relu", kernel_initializer="he_normal"
        )(x)
        x = layers.MaxPooling2D(2)(x)
    x = columns_as_time(x)  # (B, W/4, H/4 · 64)
    x = layers.Dense(64, activation="relu")(x)
    x = layers.Dropout(0.2)(x)
    for units in (128, 64):
        x = layers.Bidirectional(layers.LSTM(units, return_sequences=True, dropout=0.25))(x)
    return [
        layers.Dense(num_classes, activation="softmax", name="probabilities", dtype="float32")(x)
    ]
