"""Some images that were held back, and what a network reads of them while it is trained."""

import keras
import numpy as np

from ctckit.text.greedy import ctc_decoder
from ctckit.text.vocabulary import Vocabulary
from ctckit.training.callbacks.export import reading_network
from ctckit.training.provider import DataProvider


class ShownImages:
    """The first images of a provider, read once.

    Args:
        provider: images held back.
        limit: number of images, at most.
        vocabulary: characters of the network.

    Attributes:
        images: as the network sees them, (N, H, W, C).
        labels: what they say.
    """

    def __init__(self, provider: DataProvider, limit: int, vocabulary: Vocabulary) -> None:
        self.images, ids = provider.first(limit)
        self.labels = [vocabulary.decode(each) for each in ids]
        self._vocabulary = vocabulary

    def texts(self, model: keras.Model) -> list[str]:
        """Return what a model reads of them now."""
        probabilities = reading_network(model)(self.images.astype(np.float32), training=False)
        return ctc_decoder(np.asarray(probabilities), self._vocabulary)
