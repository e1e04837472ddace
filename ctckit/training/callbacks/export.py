"""Keep the best epoch."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import keras
import numpy as np

from ctckit.export.onnx import export_onnx, random_images
from ctckit.export.parity import compare
from ctckit.files import replace_atomically
from ctckit.inference.metadata import ModelMetadata
from ctckit.inference.session import OnnxInferenceModel
from ctckit.log import LOGGER
from ctckit.networks.plain import plain_copy
from ctckit.training.callbacks.resumable import ResumableCallback


class BestCheckpoint(ResumableCallback):
    """Save the network whenever validation gets better: lower `val_CER`, then lower `val_loss`.

    The second criterion decides between epochs with the same CER: small validation sets reach
    0 errors long before the network is finished.

    Args:
        path: file to write, `*.keras`. It holds the network that reads, without auxiliary heads,
            made of Keras' own layers only: `keras.models.load_model` needs nothing of ours.
        keep_last: the last epoch is kept in the end, whatever is best: where validation images
            are few, the best one is mostly a lucky one.

    Attributes:
        epoch: epoch that was saved last, counted from 1; 0 before the first.
        logs: what Keras logged in it: loss, CER, WER, val_loss, val_CER, val_WER.
    """

    def __init__(self, path: str | Path, *, keep_last: bool = False) -> None:
        super().__init__()
        self.path = Path(path)
        self.keep_last = keep_last
        self.epoch = 0
        self.logs: dict[str, float] = {}

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Forget an earlier run."""
        self.epoch, self.logs = 0, {}
        self._latest = 0, self.logs
        self._plain: keras.Model | None = None

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Save if this epoch is the best so far."""
        self._latest = epoch + 1, dict(logs)
        if not self.epoch or _rank(logs) < _rank(self.logs):
            self._save()

    def on_train_end(self, logs: dict | None = None) -> None:
        """Save the last epoch, if that is to be kept."""
        if self.keep_last and self.epoch != self._latest[0]:
            self._save()

    def memory(self) -> dict[str, Any]:
        """Remember the best epoch, with its file: that may be written anew before the next time."""
        if not self.epoch:
            return {"epoch": 0, "logs": {}}
        file = np.frombuffer(self.path.read_bytes(), np.uint8)
        return {"epoch": self.epoch, "logs": self.logs, "file": file}

    def restore(self, memory: dict[str, Any]) -> None:
        """Have that epoch, and its file, as the best one."""
        self.epoch, self.logs = memory["epoch"], memory["logs"]
        if self.epoch:
            with replace_atomically(self.path) as temporary:
                temporary.write_bytes(memory["file"].tobytes())

    def _save(self) -> None:
        self.epoch, self.logs = self._latest
        with replace_atomically(self.path) as temporary:
            self._plain_network().save(temporary)

    def _plain_network(self) -> keras.Model:
        """Return the network to save; made once, as TensorFlow keeps 0.2 MB of each for good."""
        network = reading_network(self.model)
        if self._plain is None:
            self._plain = plain_copy(network)
        self._plain.set_weights(network.get_weights())
        return self._plain


def reading_network(model: keras.Model) -> keras.Model:
    """Return the network with one output that reads: `model.reader` of a CTCModel, or `model`."""
    return getattr(model, "reader", model)


def _rank(logs: dict[str, float]) -> tuple[float, float]:
    return logs["val_CER"], logs["val_loss"]


class Model2onnx(keras.callbacks.Callback):
    """Write `model.onnx` beside the best checkpoint at the end of training.

    Before the first epoch the untrained network is saved, loaded and exported in a temporary
    folder and compared on noise, so that what cannot work fails in seconds, not after hours.

    Args:
        saved_model_path: the checkpoint, `*.keras`; the ONNX file has the same name.
        metadata: what the file says about itself.
        best: the callback that saved the checkpoint; its figures go into the metadata.

    Raises:
        ExportError: the exported file does not agree with the network.
    """

    def __init__(
        self, saved_model_path: str | Path, metadata: ModelMetadata, best: BestCheckpoint
    ) -> None:
        super().__init__()
        self.saved_model_path = Path(saved_model_path)
        self.metadata = metadata
        self.best = best

    @property
    def onnx_path(self) -> Path:
        """Where the ONNX file goes."""
        return self.saved_model_path.with_suffix(".onnx")

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Try the export with the untrained network."""
        LOGGER.info("trying the export …")
        with TemporaryDirectory() as folder:
            checkpoint = Path(folder) / "trial.keras"
            plain_copy(reading_network(self.model)).save(checkpoint)
            network = keras.models.load_model(checkpoint)
            path = export_onnx(network, checkpoint.with_suffix(".onnx"), self.metadata)
            compare(network, OnnxInferenceModel(path), [random_images(network)]).require()

    def on_train_end(self, logs: dict | None = None) -> None:
        """Export the best checkpoint."""
        metadata = replace(
            self.metadata,
            val_CER=self.best.logs["val_CER"],
            val_WER=self.best.logs["val_WER"],
            extra=self.metadata.extra | {"epoch": self.best.epoch},
        )
        export_onnx(keras.models.load_model(self.saved_model_path), self.onnx_path, metadata)
