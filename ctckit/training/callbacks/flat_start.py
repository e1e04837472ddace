"""End the flat start of a training, and tell it."""

from typing import Any

from ctckit.log import LOGGER
from ctckit.training.callbacks.resumable import ResumableCallback
from ctckit.training.callbacks.schedule import Schedule
from ctckit.training.flat_start import FlatStart

LATEST = 0.5  # share of a usual run after which it ends, whatever the network tells apart


class EndOfFlatStart(ResumableCallback):
    """Say when the flat start has ended; end it after half of a usual run at the latest.

    Args:
        schedule: knows how much is done.
    """

    def __init__(self, schedule: Schedule) -> None:
        super().__init__()
        self.schedule = schedule

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Look whether there is one, and say so."""
        flat_start: FlatStart | None = getattr(self.model, "flat_start", None)
        self._flat_start = flat_start if flat_start is not None and flat_start.is_on else None
        self._steps = 0
        if self._flat_start is not None:
            LOGGER.info("start       as if characters were evenly spread, until told apart")

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

    def memory(self) -> dict[str, Any]:
        """Remember how far it is."""
        begun = {} if self._flat_start is None else self._flat_start.memory()
        return {"steps": self._steps, "is_on": self._flat_start is not None, **begun}

    def restore(self, memory: dict[str, Any]) -> None:
        """Go on with it, or without it if it has ended."""
        self._steps = memory["steps"]
        if self._flat_start is None:
            return
        self._flat_start.restore(memory)
        if not memory["is_on"]:
            self._flat_start = None
