"""A progress bar over the steps of an epoch."""

import keras

from ctckit.console import progress


class ProgressBar(keras.callbacks.Callback):
    """Show how far the running epoch is, and its loss so far."""

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Open a bar for the epoch."""
        self._bar = progress(
            (), f"epoch {epoch + 1}/{self.params['epochs']}", total=self.params["steps"],
            unit="step",
        )  # fmt: skip

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Advance by one step."""
        self._bar.set_postfix(loss=f"{logs['loss']:.3f}", refresh=False)
        self._bar.update()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Remove the bar; the epoch's line takes its place."""
        self._bar.close()
