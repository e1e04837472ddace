"""Read with a network whose file does not say what its classes are."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from ctckit.inference.reader import ImageToWordModel as OwnImageToWordModel
from ctckit.inference.session import PROVIDERS, find_model_file, load_session


class OnnxInferenceModel:
    """Open an ONNX file; subclasses say in `predict` what is made of it.

    Args:
        model_path: an `.onnx` file, or a folder.
        force_cpu: leave a GPU alone, where onnxruntime has one.
        default_model_name: of the file in the folder.

    Attributes:
        model: the `onnxruntime.InferenceSession`.
        metadata: what the file says, by name: JSON as its value, all else as text. mltu's first
            versions had texts only, as attributes; nothing is evaluated.
        input_shapes: of each input; `input_shape`: that of the first, without its batch.
        input_names: of each input; `input_name`: of the first.
        output_names: of each output; `output_name`: of the first.

    Raises:
        InputError: there is no such file, or it is not an ONNX model.
    """

    def __init__(
        self,
        model_path: str = "",
        force_cpu: bool = False,
        default_model_name: str = "model.onnx",
    ) -> None:
        path = Path(model_path)
        file = find_model_file(path / default_model_name if path.is_dir() else path)
        has_gpu = PROVIDERS["cuda"] in onnxruntime.get_available_providers()
        self.model_path = str(file)
        self.model = load_session(file, "cuda" if has_gpu and not force_cpu else "cpu")
        strings = self.model.get_modelmeta().custom_metadata_map
        self.metadata = {name: _value(text) for name, text in strings.items()}
        inputs, outputs = self.model.get_inputs(), self.model.get_outputs()
        self.input_shapes = [each.shape for each in inputs]
        self.input_names = [each.name for each in inputs]
        self.output_names = [each.name for each in outputs]
        self.input_shape = self.input_shapes[0][1:]
        self.input_name, self.output_name = self.input_names[0], self.output_names[0]

    def predict(self, data: np.ndarray, *args: Any, **kwargs: Any) -> Any:
        """Return what the network makes of `data`; to be said by a subclass."""
        raise NotImplementedError

    def __call__(self, data: np.ndarray) -> Any:
        """Return what `predict` does."""
        return self.predict(data)


class ImageToWordModel(OwnImageToWordModel):
    """Read the text of images, as `ctckit.inference.ImageToWordModel` does.

    Args:
        model_path: an `.onnx` file without metadata of ours, or a folder with a `model.onnx`.
        char_list: characters in the order of the network's classes, the blank behind them.
    """

    def __init__(self, model_path: str, char_list: str | Sequence[str]) -> None:
        super().__init__(model_path, vocab="".join(char_list))


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
