"""The networks. Each maps images to a probability for every character at every time step.

    image (B, H, W, C), values 0…255  ->  probabilities (B, T, V + 1), rows sum to 1

V is the number of characters; class V is the CTC blank. A network may have a second output,
`auxiliary`, of the same shape: it is trained with the same labels and dropped at export.
"""

from collections.abc import Callable

import keras
import tensorflow as tf
from keras import KerasTensor, Model, layers
from keras.initializers import Constant

from configs import ModelConfigs
from ctckit.log import LOGGER
from ctckit.networks.blocks import columns_as_time, conv_block, rescale, residual_block
from ctckit.networks.fused import FusedBatchNormalization, FusedLSTM, keep_freed_memory
from ctckit.text.vocabulary import Vocabulary
from ctckit.training.ctc_model import CTCModel
from ctckit.training.losses import CTCloss
from ctckit.training.metrics import CWERMetric
from ctckit.training.recipe import make_optimizer, mixed_precision_policy

CRNN_BLOCKS = ((32, (2, 2)), (48, (2, 2)), (64, (2, 1)))  # filters, strides (height, width)
BLANK_BIAS = 3.0  # first scores of the blank above the characters'; see `classes`

MLTU_BLOCKS = (  # filters, stride, convolution on the skip path
    (16, 1, True), (16, 2, True), (16, 1, False),
    (32, 2, True), (32, 1, False),
    (64, 2, True), (32, 1, True),
    (64, 2, True), (64, 1, False),
)  # fmt: skip


def crnn(images: KerasTensor, num_classes: int, width_multiplier: float = 1.0) -> list[KerasTensor]:
    """Read with a residual CNN and a bidirectional LSTM; width is time, T = W / 8.

    The CRNN of Shi, Bai and Yao (2015, https://arxiv.org/abs/1507.05717) with residual blocks
    (He et al. 2015) and an intermediate CTC head (Lee and Watanabe 2021,
    https://arxiv.org/abs/2102.03216), which makes the CNN learn characters before the LSTM does.

    Args:
        images: (B, H, W, C), values 0…255.
        num_classes: characters and the blank.
        width_multiplier: of all filters and units (Howard et al. 2017,
            https://arxiv.org/abs/1704.04861); the sizes below are those of 1.
    """

    def wide(size: int) -> int:
        return max(8, 8 * round(size * width_multiplier / 8))  # processors work on eight at once

    x = rescale(images, 1 / 127.5, offset=-1)
    x = conv_block(x, wide(16), kernel_size=5, strides=2)  # (B, H/2, W/2, 16)
    for filters, strides in CRNN_BLOCKS:
        x = residual_block(x, wide(filters), strides=strides)  # at last (B, H/16, W/8, 64)
    x = columns_as_time(x)  # (B, W/8, H/16 · 64)
    x = layers.Dense(wide(96), use_bias=False)(x)
    x = FusedBatchNormalization()(x)
    features = layers.ReLU()(x)  # (B, T, 96)

    x = layers.Dropout(0.3)(features)
    x = layers.Bidirectional(FusedLSTM(wide(96), return_sequences=True))(x)  # (B, T, 192)
    x = layers.Dropout(0.3)(x)
    return [
        classes(x, num_classes, name="probabilities"),
        classes(features, num_classes, name="auxiliary"),
    ]


def classes(features: KerasTensor, num_classes: int, *, name: str) -> KerasTensor:
    """Return the probability of each class at each step: (B, T, D) to (B, T, num_classes).

    Most steps of a text are blank, so that is what an untrained network should say: starting
    from equal probabilities costs the first hundred steps to find out.
    """
    bias = [0.0] * (num_classes - 1) + [BLANK_BIAS]
    return layers.Dense(
        num_classes, activation="softmax", bias_initializer=Constant(bias), name=name,
        dtype="float32",  # 16 bits are too few for the logarithms of the loss
    )(features)  # fmt: skip


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


NETWORKS: dict[str, Callable[..., list[KerasTensor]]] = {
    "crnn": crnn,
    "mltu_captcha": mltu_captcha,
    "keras_captcha_ocr": keras_captcha_ocr,
}


def build_network(
    architecture: str,
    *,
    height: int,
    width: int,
    channels: int,
    num_classes: int,
    width_multiplier: float = 1.0,
) -> Model:
    """Return the network as a functional Keras model, not compiled.

    Inputs: `image` float32 (B, height, width, channels), BGR or grey, values 0…255.
    Outputs: a list that starts with `probabilities` float32 (B, T, num_classes).
    """
    images = layers.Input((height, width, channels), name="image")
    options = {"width_multiplier": width_multiplier} if architecture == "crnn" else {}
    return Model(images, NETWORKS[architecture](images, num_classes, **options), name=architecture)


def make_model(configs: ModelConfigs) -> CTCModel:
    """Build and compile the network that `configs` describes."""
    keep_freed_memory()
    keras.utils.set_random_seed(configs.seed)
    if configs.deterministic:
        tf.config.experimental.enable_op_determinism()
    vocabulary = Vocabulary(configs.vocab)
    keras.config.set_dtype_policy(
        mixed_precision_policy() if configs.mixed_precision else "float32"
    )
    network = build_network(
        configs.architecture,
        height=configs.height,
        width=configs.width,
        channels=configs.channels,
        num_classes=vocabulary.num_classes,
        width_multiplier=configs.width_multiplier,
    )
    model = CTCModel(
        network, auxiliary_weight=configs.auxiliary_weight, jit_step=configs.jit_compile
    )
    model.compile(
        optimizer=make_optimizer(
            learning_rate=configs.learning_rate,
            weight_decay=configs.weight_decay,
            clip_norm=configs.gradient_clip_norm,
        ),
        loss=CTCloss(xla=configs.jit_compile),
        metrics=[CWERMetric(padding_token=vocabulary.padding_id)],
        jit_compile=False,  # XLA cannot compile the metric; CTCModel compiles the rest
    )
    LOGGER.info("parameters  %s", f"{model.reader.count_params():,}")
    return model
