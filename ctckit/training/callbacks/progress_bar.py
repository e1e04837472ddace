"""A progress bar over the steps of an epoch."""

import keras

from ctckit.console import progress
from ctckit.training.callbacks.one_cycle import OneCycle
from ctckit.training.callbacks.train_logger import epoch_name


class ProgressBar(keras.callbacks.Callback):
    """Show how far the running epoch is, and its loss so far.

    Args:
        cycle: tells whether the number of epochs is known.
    """

    def __init__(self, cycle: OneCycle) -> None:
        super().__init__()
        self.cycle = cycle

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Open a bar for the epoch."""
        name = epoch_name(epoch + 1, self.params["epochs"], self.cycle)
        self._bar = progress((), name, total=self.params["steps"], unit="step")

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Advance by one step."""
        self._bar.set_postfix(loss=f"{logs['loss']:.3f}", refresh=False)
        self._bar.update()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Remove the bar; the epoch's line takes its place."""
        self._bar.close()
