"""The network: from images to a probability for every character at every time step.

    image (B, H, W, C), values 0…255  ->  probabilities (B, T, V + 1), rows sum to 1

V is the number of characters; class V is the CTC blank. A network may have a second output,
`auxiliary`, of the same shape: it is trained with the same labels and dropped at export.
"""

from __future__ import annotations

import lazy_loader

from configs import ModelConfigs
from ctckit import networks, training
from ctckit.log import LOGGER

keras = lazy_loader.load("keras")  # at the first use of a name: TensorFlow takes seconds to load

CRNN_BLOCKS = ((32, (2, 2)), (64, (2, 2)), (96, (2, 1)))  # filters, strides (height, width)
BLANK_BIAS = 3.0  # first scores of the blank above the characters'; see `classes`


def crnn(
    images: keras.KerasTensor, num_classes: int, width_multiplier: float = 1.0
) -> list[keras.KerasTensor]:
    """Read with a residual CNN and a bidirectional LSTM; width is time, T = W / 8.

    The CRNN of Shi, Bai and Yao (2015, https://arxiv.org/abs/1507.05717) with residual blocks
    (He et al. 2015), whose second convolutions are separable, and an intermediate CTC head (Lee
    and Watanabe 2021, https://arxiv.org/abs/2102.03216), which makes the CNN learn characters
    before the LSTM does.

    Args:
        images: (B, H, W, C), values 0…255.
        num_classes: characters and the blank.
        width_multiplier: of all filters and units (Howard et al. 2017,
            https://arxiv.org/abs/1704.04861); the sizes below are those of 1.
    """

    def wide(size: int) -> int:
        return max(8, 8 * round(size * width_multiplier / 8))  # processors work on eight at once

    mask = networks.image_mask(images)
    x = networks.masked(networks.rescale(images, 1 / 127.5, offset=-1), mask)
    mask = networks.narrowed(mask, 2)
    x = networks.conv_block(x, wide(16), kernel_size=5, strides=2, mask=mask)  # (B, H/2, W/2, 16)
    for filters, strides in CRNN_BLOCKS:
        mask = networks.narrowed(mask, strides[1])
        x = networks.residual_block(x, wide(filters), strides=strides, separable=True, mask=mask)
    features = networks.column_block(x, wide(96), mask=mask)  # (B, T, 96), of (B, H/16, W/8, 96)

    x = keras.layers.Dropout(0.3)(features)
    lstm = networks.FusedLSTM(wide(64), return_sequences=True)
    x = keras.layers.Bidirectional(lstm)(x, mask=networks.step_mask(mask))  # (B, T, 128)
    x = keras.layers.Dropout(0.3)(x)
    return [
        networks.blank_beyond(classes(x, num_classes, name="probabilities"), mask),
        networks.blank_beyond(classes(features, num_classes, name="auxiliary"), mask),
    ]


def classes(features: keras.KerasTensor, num_classes: int, *, name: str) -> keras.KerasTensor:
    """Return the probability of each class at each step: (B, T, D) to (B, T, num_classes).

    Most steps of a text are blank, so that is what an untrained network should say: starting
    from equal probabilities costs the first hundred steps to find out.
    """
    bias = keras.initializers.Constant([0.0] * (num_classes - 1) + [BLANK_BIAS])
    return keras.layers.Dense(
        num_classes, activation="softmax", bias_initializer=bias, name=name,
        dtype="float32",  # 16 bits are too few for the logarithms of the loss
    )(features)  # fmt: skip


def build_network(configs: ModelConfigs) -> keras.Model:
    """Return the network that `configs` names: the function of that name, here or in the package.

    Inputs: `image` float32 (B, height, width, channels), BGR or grey, values 0…255.
    Outputs: a list that starts with `probabilities` float32 (B, T, V + 1).
    """
    shape = configs.height, configs.fixed_width, configs.channels
    images = keras.layers.Input(shape, name="image")
    build = globals().get(configs.architecture) or getattr(networks, configs.architecture)
    options = {"width_multiplier": configs.width_multiplier} if build is crnn else {}
    outputs = build(images, configs.vocabulary.num_classes, **options)
    return keras.Model(images, outputs, name=configs.architecture)


def make_model(configs: ModelConfigs) -> training.CTCModel:
    """Build and compile the network that `configs` describes."""
    training.prepare_keras(configs)
    model = training.CTCModel(
        build_network(configs),
        auxiliary_weight=configs.auxiliary_weight,
        jit_step=configs.jit_compile,
        flat_start=training.FlatStart.where_needed(len(configs.vocabulary)),
    )
    model.compile(
        optimizer=training.make_optimizer(
            learning_rate=configs.learning_rate,
            weight_decay=configs.weight_decay,
            clip_norm=configs.gradient_clip_norm,
        ),
        loss=training.CTCloss(xla=configs.jit_compile),
        metrics=[training.CWERMetric(padding_token=configs.vocabulary.padding_id)],
        jit_compile=False,  # XLA cannot compile the metric; CTCModel compiles the rest
    )
    LOGGER.info("parameters  %s", f"{model.reader.count_params():,}")
    return model
