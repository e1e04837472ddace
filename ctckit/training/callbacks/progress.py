"""What is seen of a training: a bar over the steps of an epoch, a line and a row for each."""

import time
from pathlib import Path
from typing import Any

import keras

from ctckit.files import write_table
from ctckit.log import LOGGER, format_seconds, progress
from ctckit.run_folder import RunFolder
from ctckit.training.callbacks.resumable import ResumableCallback
from ctckit.training.callbacks.schedule import Schedule


class ProgressBar(keras.callbacks.Callback):
    """Show how far the running epoch is, and its loss so far.

    Args:
        schedule: tells whether the number of epochs is known.
    """

    def __init__(self, schedule: Schedule) -> None:
        super().__init__()
        self.schedule = schedule

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Open a bar for the epoch."""
        name = epoch_name(epoch + 1, self.schedule)
        self._bar = progress((), name, total=self.params["steps"], unit="step")

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Advance by one step."""
        self._bar.set_postfix(loss=f"{logs['loss']:.3f}", refresh=False)
        self._bar.update(batch + 1 - self._bar.n)  # an epoch may begin at a later step

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Remove the bar; the epoch's line takes its place."""
        self._bar.close()


COLUMNS = (
    "epoch", "seconds", "loss", "CER", "WER", "val_loss", "val_CER", "val_WER", "learning_rate",
)  # fmt: skip


class TrainLogger(ResumableCallback):
    """Log every epoch and keep `history.csv` in `log_path` up to date.

    `seconds` counts the fitting so far; validation and the other callbacks are not counted.

    Args:
        log_path: folder of the run.
        schedule: tells how much of the run is done, for the time left.

    Attributes:
        history: one dictionary per epoch, with the columns of history.csv.
    """

    def __init__(self, log_path: str | Path, schedule: Schedule) -> None:
        super().__init__()
        self.schedule = schedule
        self.path = RunFolder(Path(log_path)).history
        self.history: list[dict[str, float]] = []

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Start to count."""
        self.history = []
        self._fitting_s = 0.0
        self._began = time.perf_counter()

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Start the clock."""
        self._started: float | None = time.perf_counter()

    def on_test_begin(self, logs: dict | None = None) -> None:
        """Stop the clock while validating."""
        self._stop_clock()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Log the epoch."""
        self._stop_clock()
        row = {
            "epoch": epoch + 1,
            "seconds": round(self._fitting_s, 3),
            **logs,
            "learning_rate": float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)),
        }
        self.history.append({name: row.get(name, float("nan")) for name in COLUMNS})
        write_table(self.path, COLUMNS, (row.values() for row in self.history))
        LOGGER.info(self._line(self.history[-1]))

    def memory(self) -> dict[str, Any]:
        """Remember the rows and the time."""
        now = time.perf_counter()
        running_s = 0.0 if self._started is None else now - self._started
        return {
            "history": self.history,
            "fitting_s": self._fitting_s + running_s,
            "elapsed_s": now - self._began,
        }

    def restore(self, memory: dict[str, Any]) -> None:
        """Go on with those rows, and with the time that was spent."""
        self.history = memory["history"]
        self._fitting_s = memory["fitting_s"]
        self._began = time.perf_counter() - memory["elapsed_s"]

    def _stop_clock(self) -> None:
        if self._started is not None:
            self._fitting_s += time.perf_counter() - self._started
            self._started = None

    def _line(self, row: dict[str, float]) -> str:
        elapsed = time.perf_counter() - self._began
        left_s = elapsed / self.schedule.progress - elapsed
        most = "up to " if self.schedule.is_open and self.schedule.epochs is None else ""
        return (
            f"{epoch_name(row['epoch'], self.schedule)}   "
            f"loss {row['loss']:7.3f}   val_loss {row['val_loss']:7.3f}   "
            f"val_CER {row['val_CER']:7.2%}   texts misread {row['val_WER']:7.2%}   "
            f"{most}{format_seconds(left_s)} left"
        )


def epoch_name(epoch: int, schedule: Schedule) -> str:
    """Return "epoch  7/23", or "epoch 7" where the number of epochs is not known."""
    if schedule.epochs is None:
        return f"epoch {epoch:>3}"
    return f"epoch {epoch:>{len(str(schedule.epochs))}}/{schedule.epochs}"
