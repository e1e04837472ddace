"""A small network and provider that train in seconds."""

from pathlib import Path

import keras
from keras import layers

from ctckit.augment.defaults import default_augmentors
from ctckit.data.label_steps import LabelIndexer, LabelPadding
from ctckit.image.steps import image_steps
from ctckit.networks.blocks import columns_as_time, conv_block
from ctckit.sources.layouts import load_dataset
from ctckit.text.vocabulary import Vocabulary
from ctckit.training.ctc_model import CTCModel
from ctckit.training.losses import CTCloss
from ctckit.training.metrics import CWERMetric
from ctckit.training.provider import DataProvider
from ctckit.training.recipe import make_optimizer
from tests.drawing import CHARACTERS, draw_folder

VOCABULARY = Vocabulary(CHARACTERS)
HEIGHT, WIDTH = 16, 48


def small_network(*, dropout: float = 0.0, heads: int = 2) -> keras.Model:
    images = layers.Input((HEIGHT, WIDTH, 1), name="image")
    x = conv_block(layers.Rescaling(1 / 255)(images), 8, strides=2)
    features = layers.Dense(16, activation="relu")(columns_as_time(x))
    x = layers.Dropout(dropout)(features)
    x = layers.Bidirectional(layers.LSTM(8, return_sequences=True))(x)
    classes = VOCABULARY.num_classes
    outputs = [
        layers.Dense(classes, activation="softmax", name="probabilities")(x),
        layers.Dense(classes, activation="softmax", name="auxiliary")(features),
    ]
    return keras.Model(images, outputs[:heads] if heads > 1 else outputs[0])


def compiled(
    network: keras.Model, *, learning_rate: float = 2e-3, jit_step: bool = False
) -> CTCModel:
    model = CTCModel(network, jit_step=jit_step)
    model.compile(
        optimizer=make_optimizer(learning_rate=learning_rate, weight_decay=0.0, clip_norm=5),
        loss=CTCloss(xla=jit_step),
        metrics=[CWERMetric(padding_token=VOCABULARY.padding_id)],
        jit_compile=False,
    )
    return model


def drawn_provider_of(folder: Path, *, batch_size: int = 4, workers: int = 1) -> DataProvider:
    return DataProvider(
        load_dataset(folder, datasets_dir=folder).samples,
        data_preprocessors=image_steps(
            height=HEIGHT, width=WIDTH, channels=1, keep_aspect_ratio=False
        ),
        transformers=[
            LabelIndexer(VOCABULARY),
            LabelPadding(max_word_length=4, padding_value=VOCABULARY.padding_id),
        ],
        batch_size=batch_size,
        workers=workers,
    )


def drawn_providers(folder: Path, *, count: int = 20, workers: int = 1, augment: bool = True):
    draw_folder(folder, count=count)
    provider = drawn_provider_of(folder, workers=workers)
    train, val = provider.split(0.8)
    train.augmentors = default_augmentors() if augment else []
    return train, val
