"""The network: nine residual blocks, the last feature map row by row, one LSTM both ways."""

from keras import layers
from keras.models import Model

from ctckit.compat.mltu import residual_block


def train_model(input_dim, output_dim, activation="leaky_relu", dropout=0.2):
    """Return the network: images of `input_dim` to `output_dim` characters and the blank."""
    inputs = layers.Input(shape=input_dim, name="input")
    x = layers.Rescaling(1 / 255)(inputs)  # not in the pipeline: whoever reads need not know

    for filters, strides, skip_conv in [
        (16, 1, True), (16, 2, True), (16, 1, False),
        (32, 2, True), (32, 1, False),
        (64, 2, True), (32, 1, True),
        (64, 2, True), (64, 1, False),
    ]:  # fmt: skip
        x = residual_block(
            x, filters, activation=activation, skip_conv=skip_conv, strides=strides, dropout=dropout
        )

    squeezed = layers.Reshape((x.shape[1] * x.shape[2], x.shape[3]))(x)
    blstm = layers.Bidirectional(layers.LSTM(128, return_sequences=True))(squeezed)
    output = layers.Dense(output_dim + 1, activation="softmax", name="output")(blstm)
    return Model(inputs=inputs, outputs=output)
