"""Control the learning rate over a number of steps, or over a time."""

import time

import keras

from ctckit.training.recipe import one_cycle


class OneCycle(keras.callbacks.Callback):
    """Lead the learning rate through one cycle; end the training when its time is up.

    The cycle is laid out over all epochs, or over `time_budget_s`. In the latter case
    it follows the clock, so that it is complete when time is up however fast the machine is.

    Args:
        peak: highest learning rate.
        time_budget_s: seconds for fitting and validating; None: all epochs.

    Attributes:
        epoch: the running one, counted from 0.
    """

    def __init__(self, peak: float, time_budget_s: float | None = None) -> None:
        super().__init__()
        self.peak = peak
        self.time_budget_s = time_budget_s

    @property
    def progress(self) -> float:
        """The finished share of the run, 0…1."""
        if self.time_budget_s is None:
            return self._steps_done / (self.params["steps"] * self.params["epochs"])
        if self._first_step_ended is None:
            return 0.0
        # The first step is mostly compilation; the cycle begins behind it.
        total = self._deadline - self._first_step_ended
        return min(max((time.perf_counter() - self._first_step_ended) / total, 0.0), 1.0)

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Start the clock."""
        self.epoch = self._steps_done = 0
        self._began = time.perf_counter()
        self._first_step_ended: float | None = None
        self._validation_s = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Note where the run is."""
        self.epoch = epoch

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        """Set the rate of the step."""
        self._steps_done = self.epoch * self.params["steps"] + batch
        self.model.optimizer.learning_rate = self.peak * one_cycle(self.progress)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Count the step; stop if its time was the last."""
        self._steps_done += 1
        if self._first_step_ended is None:
            self._first_step_ended = time.perf_counter()
        if self.time_budget_s is not None and time.perf_counter() >= self._deadline:
            self.model.stop_training = True

    def on_test_begin(self, logs: dict | None = None) -> None:
        """Time the validation."""
        self._validation_began = time.perf_counter()

    def on_test_end(self, logs: dict | None = None) -> None:
        """Keep as much time for the validation that follows the last step."""
        self._validation_s = time.perf_counter() - self._validation_began

    @property
    def _deadline(self) -> float:
        # At least a moment behind the first step, so that a tiny budget divides by no zero.
        end = self._began + self.time_budget_s - self._validation_s
        return max(end, (self._first_step_ended or self._began) + 1e-3)
