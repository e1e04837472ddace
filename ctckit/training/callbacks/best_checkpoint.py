"""Keep the best epoch."""

from pathlib import Path

import keras

from ctckit.export import plain_copy
from ctckit.files import replace_atomically


class BestCheckpoint(keras.callbacks.Callback):
    """Save the network whenever validation gets better: lower `val_CER`, then lower `val_loss`.

    The second criterion decides between epochs with the same CER: small validation sets reach
    0 errors long before the network is finished.

    Args:
        path: file to write, `*.keras`. It holds the network that reads, without auxiliary heads,
            made of Keras' own layers only: `keras.models.load_model` needs nothing of ours.

    Attributes:
        epoch: best epoch so far, counted from 1; 0 before the first.
        logs: what Keras logged in it: loss, CER, WER, val_loss, val_CER, val_WER.
    """

    def __init__(self, path: str | Path) -> None:
        super().__init__()
        self.path = Path(path)
        self.epoch = 0
        self.logs: dict[str, float] = {}

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Forget an earlier run."""
        self.epoch, self.logs = 0, {}

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Save if this epoch is the best so far."""
        if not self.epoch or _rank(logs) < _rank(self.logs):
            self.epoch, self.logs = epoch + 1, dict(logs)
            with replace_atomically(self.path) as temporary:
                plain_copy(reading_network(self.model)).save(temporary)


def reading_network(model: keras.Model) -> keras.Model:
    """Return the network with one output that reads: `model.reader` of a CTCModel, or `model`."""
    return getattr(model, "reader", model)


def _rank(logs: dict[str, float]) -> tuple[float, float]:
    return logs["val_CER"], logs["val_loss"]
