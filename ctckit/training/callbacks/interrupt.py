"""Let signals end a training instead of losing it."""

import signal
from types import FrameType

import keras

from ctckit.errors import Terminated
from ctckit.log import LOGGER
from ctckit.training.devices import WISHES, Devices


class StopOnInterrupt(keras.callbacks.Callback):
    """End the training well at the first Ctrl-C; a second one, or SIGTERM, ends the process.

    At the first the loop finishes the running step and validates; checkpoint and export follow as
    usual. What ends the process waits for the running step, too, so that `StateKeeper` can save
    the state behind it; outside of the steps it comes at once, as the last state is whole.

    Args:
        ends_well: whether there is something to export; else the first Ctrl-C ends the process.
        devices: of the training; where several machines train, one of them may be asked to stop,
            and all do behind the same step or epoch. None: one.

    Attributes:
        stopped: whether Ctrl-C ended the run, and all that train together know it.
    """

    def __init__(self, *, ends_well: bool = True, devices: Devices | None = None) -> None:
        super().__init__()
        self.ends_well = ends_well
        self.devices = devices or Devices()
        self.stopped = self._is_asked = False
        self._in_steps = False
        self._leaving: BaseException | None = None
        self._previous: dict[int, signal.Handlers] = {}

    @property
    def leaves(self) -> bool:
        """Whether this process, and all that train with it, are to end when the state is saved."""
        return self.devices.wished("leave")

    def leave(self) -> None:
        """End the process.

        Raises:
            KeyboardInterrupt: Ctrl-C wanted that.
            Terminated: SIGTERM wanted it, or another process that trains together with this one.
        """
        self.on_train_end()
        raise self._leaving or Terminated()

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Take over the signals."""
        self.stopped = self._is_asked = self._in_steps = False
        self._leaving = None
        for what in WISHES:
            self.devices.wish(what, False)
        handlers = {signal.SIGINT: self._interrupt, signal.SIGTERM: self._terminate}
        self._previous = {number: signal.signal(number, do) for number, do in handlers.items()}

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Leave behind a step from now on."""
        self._in_steps = True

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Stop if anybody was asked to."""
        self._agree()

    def on_test_begin(self, logs: dict | None = None) -> None:
        """Leave at once from now on: the state is saved."""
        self._out_of_steps()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Leave at once from now on, or now; stop if anybody was asked to."""
        self._out_of_steps()
        self._agree()

    def on_train_end(self, logs: dict | None = None) -> None:
        """Give the signals back."""
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        self._previous = {}

    def _out_of_steps(self) -> None:
        self._in_steps = False
        if self._leaving is not None:
            self.leave()

    def _agree(self) -> None:
        if self.devices.wished("stop"):
            self.stopped = self.model.stop_training = True

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        if self._is_asked or not self.ends_well:
            self._end(KeyboardInterrupt())
            return
        self._is_asked = True
        self.devices.wish("stop")
        self._agree()
        LOGGER.info(
            "stopping after this step, then exporting the model (Ctrl-C again: stop at once)"
        )

    def _terminate(self, number: int, frame: FrameType | None) -> None:
        self._end(Terminated())

    def _end(self, reason: BaseException) -> None:
        is_second = self._leaving is not None
        self._leaving = reason
        self.devices.wish("leave")
        if is_second or not self._in_steps:
            self.leave()
        LOGGER.info("ending after this step, when the state is saved")
