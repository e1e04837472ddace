"""Let Ctrl-C end training instead of losing it."""

import signal
from types import FrameType

import keras

from ctckit.log import LOGGER


class StopOnInterrupt(keras.callbacks.Callback):
    """End the epoch loop at the first Ctrl-C; a second one interrupts at once.

    The loop finishes the running step and validates; checkpoint and export follow as usual.

    Attributes:
        stopped: whether Ctrl-C ended the run.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stopped = False
        self._previous = signal.SIG_DFL

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Take over the interrupt signal."""
        self.stopped = False
        self._previous = signal.signal(signal.SIGINT, self._stop)

    def on_train_end(self, logs: dict | None = None) -> None:
        """Give the signal back."""
        signal.signal(signal.SIGINT, self._previous)

    def _stop(self, signal_number: int, frame: FrameType | None) -> None:
        if self.stopped:
            self.on_train_end()
            raise KeyboardInterrupt
        self.stopped = True
        self.model.stop_training = True
        LOGGER.info(
            "stopping after this step, then exporting the model (Ctrl-C again: stop at once)"
        )
