"""Show the images as they are in the last epochs."""

import keras

from ctckit.training.callbacks.one_cycle import OneCycle
from ctckit.training.provider import DataProvider

SHARE = 0.4  # of a run, at most
EPOCHS = 4  # at most: with few images, more would be learnt by heart


class CleanFinish(keras.callbacks.Callback):
    """Switch the augmentors off for the last epochs: four, and no more than 40 % of the run.

    Varied images differ from those to be read; at small learning rates the network adapts to
    the difference. Source: Ge et al. 2021, https://arxiv.org/abs/2107.08430, who stop the
    strongest augmentations fifteen epochs before the end.

    Args:
        provider: training data; it has its augmentors again when the training is over.
        cycle: tells how much of the run is done.
    """

    def __init__(self, provider: DataProvider, cycle: OneCycle) -> None:
        super().__init__()
        self.provider = provider
        self.cycle = cycle

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Remember the augmentors."""
        self._augmentors = self.provider.augmentors

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Switch off when the epochs to come are the last ones."""
        done = self.cycle.progress
        epochs_left = round((epoch + 1) * (1 - done) / done)
        if 1 - done <= SHARE and epochs_left <= EPOCHS:
            self.provider.augmentors = []

    def on_train_end(self, logs: dict | None = None) -> None:
        """Give the augmentors back."""
        self.provider.augmentors = self._augmentors
