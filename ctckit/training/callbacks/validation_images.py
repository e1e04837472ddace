"""Validation images with truth and prediction, in TensorBoard."""

from pathlib import Path

import keras
import tensorflow as tf

from ctckit.report.grid import caption, image_grid
from ctckit.text.vocabulary import Vocabulary
from ctckit.training.callbacks.shown_images import ShownImages
from ctckit.training.provider import DataProvider


class ValidationImages(keras.callbacks.Callback):
    """Write a grid of the first validation images to TensorBoard every few epochs.

    Args:
        log_dir: TensorBoard folder of the run.
        provider: validation data; its first batches are shown.
        vocabulary: characters of the network.
        every: epochs between two grids; the first and the last epoch are always shown.
        limit: number of images.
    """

    def __init__(
        self,
        log_dir: str | Path,
        provider: DataProvider,
        vocabulary: Vocabulary,
        *,
        every: int = 5,
        limit: int = 24,
    ) -> None:
        super().__init__()
        self.log_dir = str(Path(log_dir) / "validation")
        self.provider = provider
        self.vocabulary = vocabulary
        self.every = every
        self.limit = limit

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Read the images once."""
        self._shown = ShownImages(self.provider, self.limit, self.vocabulary)
        self._writer = tf.summary.create_file_writer(self.log_dir)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Draw the grid if it is time."""
        self._epoch = epoch
        if epoch % self.every == 0:
            self._draw(epoch)

    def on_train_end(self, logs: dict | None = None) -> None:
        """Show the last epoch, whatever ended the training, and close the file."""
        if self._epoch % self.every:
            self._draw(self._epoch)
        self._writer.close()

    def _draw(self, epoch: int) -> None:
        pairs = list(zip(self._shown.labels, self._shown.texts(self.model), strict=True))
        captions = [caption(truth, text) for truth, text in pairs]
        right = [truth == text for truth, text in pairs]
        grid = image_grid(list(self._shown.images), captions, right)
        with self._writer.as_default():
            tf.summary.image("validation", grid[None, ..., ::-1], step=epoch)
