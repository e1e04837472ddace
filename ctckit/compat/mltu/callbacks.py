"""Callbacks with the arguments that mltu's take."""

import logging
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import keras
import onnx

from ctckit.export.onnx import random_images, to_plain_onnx
from ctckit.export.onnx_file import save_onnx
from ctckit.export.parity import compare
from ctckit.inference.session import OnnxInferenceModel
from ctckit.log import LOGGER
from ctckit.text.vocabulary import blank_id

FIRST_CHARACTER = 0x4E00  # of those that stand for the classes in the comparison


class TrainLogger(keras.callbacks.Callback):
    """Write a line for each epoch into a file of the run's folder, behind those that it has.

    Args:
        log_path: the folder, which is made.
        log_file: name of the file in it.
        logLevel: of no use here: the file holds the epochs.
        console_output: log the lines, too, as `ctckit` does.
    """

    def __init__(
        self,
        log_path: str,
        log_file: str = "logs.log",
        logLevel: int = logging.INFO,  # noqa: N803 - mltu's spelling
        console_output: bool = False,
    ) -> None:
        super().__init__()
        self.path = Path(log_path) / log_file
        self.console_output = console_output
        self.path.parent.mkdir(parents=True, exist_ok=True)

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Write the line of the epoch."""
        figures = (f"{name}: {value}" for name, value in (logs or {}).items())
        line = f"Epoch {epoch}; {'; '.join(figures)}"
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"{datetime.now():%Y-%m-%d %H:%M:%S} - {line}\n")
        if self.console_output:
            LOGGER.info(line)


class Model2onnx(keras.callbacks.Callback):
    """Write the checkpoint as an ONNX file beside it at the end of training.

    Before the first epoch the untrained network is exported and compared on noise, so that what
    cannot work fails in seconds; the exported file is compared so, too.

    Args:
        saved_model_path: what `keras.callbacks.ModelCheckpoint` writes, `*.keras`; the ONNX file
            has the same name.
        metadata: texts, or what becomes one, that the file holds by their names.
        save_on_epoch_end: write it after every epoch.

    Raises:
        ExportError: the exported file does not agree with the network.
    """

    def __init__(
        self,
        saved_model_path: str,
        metadata: Mapping[str, Any] | None = None,
        save_on_epoch_end: bool = False,
    ) -> None:
        super().__init__()
        self.saved_model_path = Path(saved_model_path)
        self.metadata = dict(metadata or {})
        self.save_on_epoch_end = save_on_epoch_end

    @property
    def onnx_path(self) -> Path:
        """Where the ONNX file goes."""
        return self.saved_model_path.with_suffix(".onnx")

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        """Try the export with the untrained network."""
        LOGGER.info("trying the export …")
        with TemporaryDirectory() as folder:
            self._export(Path(folder) / "trial.onnx")

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Export the network as it is, if that was asked for."""
        if self.save_on_epoch_end:
            self._export(self.onnx_path)

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
        """Give the network the weights of the checkpoint, and export it."""
        self.model.load_weights(self.saved_model_path)
        self._export(self.onnx_path)

    def _export(self, path: Path) -> None:
        model = to_plain_onnx(self.model)
        texts = {name: str(value) for name, value in self.metadata.items()}
        onnx.helper.set_model_props(model, texts)
        save_onnx(model, path)
        characters = range(FIRST_CHARACTER, FIRST_CHARACTER + blank_id(self.model.output_shape[-1]))
        reader = OnnxInferenceModel(path, vocab="".join(map(chr, characters)))
        compare(self.model, reader, [random_images(self.model)]).require()
