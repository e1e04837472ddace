"""Stop where validation does not get better any more."""

from typing import Any

import keras

from ctckit.training.callbacks.resumable import ResumableCallback


class EarlyStopping(keras.callbacks.EarlyStopping, ResumableCallback):
    """Keras' own, which goes on with what it knew when a training is resumed."""

    def memory(self) -> dict[str, Any]:
        """Remember the best value, and for how long there was none better."""
        best = None if self.best is None else float(self.best)
        return {"best": best, "best_epoch": self.best_epoch, "wait": self.wait}

    def restore(self, memory: dict[str, Any]) -> None:
        """Go on from there."""
        self.best, self.best_epoch = memory["best"], memory["best_epoch"]
        self.wait = memory["wait"]
