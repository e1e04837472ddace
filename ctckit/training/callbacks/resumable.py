"""What a callback offers so that a training that was broken off goes on as if it had not been."""

from typing import Any

import keras


class ResumableCallback(keras.callbacks.Callback):
    """A callback whose memory is saved with the state of a training, and given back.

    A training that goes on calls `on_train_begin`, then `on_epoch_begin` of the epoch it is in,
    then `restore`. Callbacks of other classes begin anew.
    """

    def memory(self) -> dict[str, Any]:
        """Return what to remember after a step, by name: plain values for JSON, and arrays."""
        raise NotImplementedError

    def restore(self, memory: dict[str, Any]) -> None:
        """Take back what `memory` returned."""
        raise NotImplementedError
