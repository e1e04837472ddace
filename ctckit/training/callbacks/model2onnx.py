"""Export the best epoch, after making sure beforehand that exporting works."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import keras

from ctckit.console import LOGGER
from ctckit.export import compare, export_onnx, plain_copy, random_images
from ctckit.inference import ModelMetadata, OnnxInferenceModel
from ctckit.training.callbacks.best_checkpoint import BestCheckpoint, reading_network


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
