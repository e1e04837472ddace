"""End the flat start of a training, and tell it."""

import keras

from ctckit.log import LOGGER
from ctckit.training.callbacks.schedule import Schedule
from ctckit.training.flat_start import FlatStart

LATEST = 0.5  # share of a usual run after which it ends, whatever the network tells apart


class EndOfFlatStart(keras.callbacks.Callback):
    """Say when the flat start has ended; end it after half of a usual run at the latest.

    Args:
        schedule: knows how much is done.
    """

    def __init__(self, schedule: Schedule) -> None:
        super().__init__()
        self.schedule = schedule

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Look whether there is one."""
        self._flat_start: FlatStart | None = getattr(self.model, "flat_start", None)
        self._steps = 0

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Look whether it has ended, or should."""
        if self._flat_start is None:
            return
        self._steps += 1
        if not self._flat_start.is_on:
            LOGGER.info("characters are told apart after %d steps: CTC from now on", self._steps)
        elif self.schedule.share_of_usual >= LATEST:
            LOGGER.info("characters are hardly told apart after %d steps: CTC all the same",
                        self._steps)  # fmt: skip
            self._flat_start.is_on.assign(False)
        else:
            return
        self._flat_start = None
