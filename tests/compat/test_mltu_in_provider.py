"""A provider made of mltu's own parts, as its users bring them along."""

import mltu
import mltu.augmentors
import mltu.preprocessors
import mltu.transformers
import numpy as np

from ctckit.sources.layouts import load_dataset
from ctckit.training.provider import DataProvider
from tests.drawing import CHARACTERS, draw_folder


def test_mltus_readers_transformers_and_augmentors_fit(tmp_path):
    draw_folder(tmp_path / "drawn", count=8)
    provider = DataProvider(
        load_dataset(tmp_path / "drawn", datasets_dir=tmp_path).samples,
        data_preprocessors=[mltu.preprocessors.ImageReader(mltu.CVImage)],
        transformers=[
            mltu.transformers.ImageResizer(48, 16),
            mltu.transformers.LabelIndexer(list(CHARACTERS)),
            mltu.transformers.LabelPadding(max_word_length=5, padding_value=len(CHARACTERS)),
        ],
        augmentors=[
            mltu.augmentors.RandomBrightness(),
            mltu.augmentors.RandomRotate(),
            mltu.augmentors.RandomErodeDilate(),
        ],
        batch_size=8,
        shuffle=False,
    )
    state = np.random.get_state()[1].copy()
    images, labels = provider[0]
    assert (images.shape, images.dtype) == ((8, 16, 48, 3), np.uint8)
    assert labels.shape == (8, 5)
    assert (provider[0][0] == images).all(), "the same batch twice"
    provider.on_epoch_end()
    assert (provider[0][0] != images).any()
    assert (np.random.get_state()[1] == state).all(), "the global generator is left alone"
