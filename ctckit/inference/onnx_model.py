"""A trained network in an ONNX file, ready to run. Needs neither TensorFlow nor a config file."""

from pathlib import Path

import numpy as np
import onnxruntime as ort
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from ctckit.errors import InputError
from ctckit.inference.metadata import ModelMetadata

MODEL_FILE = "model.onnx"

# onnxruntime's errors have no base class of their own; these are the ones of an unusable file.
_LOAD_ERRORS = (
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NoModel,
    ort_errors.NoSuchFile,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
)


class OnnxInferenceModel:
    """Run an exported network; subclasses make images of files and texts of probabilities.

    Args:
        model_path: an `.onnx` file, or a folder with a `model.onnx`.
        force_cpu: do not use a GPU, even when the installed onnxruntime can.
        num_threads: processor threads for one run; 0 takes all cores.

    Attributes:
        model_path: the file.
        metadata: what the file says about itself.
        session: the `onnxruntime.InferenceSession`.
        input_name: of the network's input.

    Raises:
        InputError: there is no such file, it is not an ONNX model, has no metadata of ours, or
            its vocabulary and size do not fit its network.
    """

    def __init__(
        self, model_path: str | Path, *, force_cpu: bool = True, num_threads: int = 0
    ) -> None:
        self.model_path = find_model_file(model_path)
        self.session = _load(self.model_path, force_cpu, num_threads)
        try:
            self.metadata = ModelMetadata.from_strings(
                self.session.get_modelmeta().custom_metadata_map
            )
        except InputError as error:
            raise InputError(f"{self.model_path}: {error}") from error
        self.input_name = self.session.get_inputs()[0].name
        self._output_name = self.session.get_outputs()[0].name
        self._require_shapes()

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of the network's input."""
        return self.metadata.height, self.metadata.width, self.metadata.channels

    def predict_probabilities(self, batch: np.ndarray) -> np.ndarray:
        """Run the network.

        Args:
            batch: uint8 or float32 (N, H, W, C), values 0…255.

        Returns:
            float32 (N, T, V+1); each row along the last axis sums to 1, the blank comes last.

        Raises:
            InputError: the batch has another shape.
        """
        batch = np.asarray(batch, dtype=np.float32)
        if batch.ndim != 4 or batch.shape[1:] != self.image_shape:
            expected = ", ".join(map(str, self.image_shape))
            raise InputError(
                f"expected a batch of shape (N, {expected}), received {batch.shape}; "
                "ImageToWordModel brings images of any size into this form"
            )
        return self.session.run([self._output_name], {self.input_name: batch})[0]

    def _require_shapes(self) -> None:
        """Compare the sizes that the graph states with those of the metadata."""
        image = self.session.get_inputs()[0].shape
        probabilities = self.session.get_outputs()[0].shape
        if len(image) != 4 or not _agree(image[1:], self.image_shape):
            raise InputError(
                f"{self.model_path}: expected an input (N, H, W, C) of {self.image_shape} as its "
                f"metadata says, received {tuple(image)}; export the model again"
            )
        classes = self.metadata.vocabulary.num_classes
        if len(probabilities) != 3 or not _agree(probabilities[2:], (classes,)):
            raise InputError(
                f"{self.model_path}: expected an output (N, T, {classes}) for its vocabulary of "
                f"{classes - 1} characters and the blank, received {tuple(probabilities)}; "
                "export the model again with its own vocabulary"
            )


def find_model_file(model_path: str | Path) -> Path:
    """Return the file itself, or the `model.onnx` of a folder.

    Raises:
        InputError: there is none.
    """
    path = Path(model_path)
    file = path / MODEL_FILE if path.is_dir() else path
    if not file.is_file():
        raise InputError(
            f"{file}: expected a model file, found none; "
            f"give an .onnx file or a folder with a {MODEL_FILE}"
        )
    return file


def _load(path: Path, force_cpu: bool, num_threads: int) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = num_threads
    options.log_severity_level = 3  # errors only; warnings about graph details help nobody here
    gpu = [] if force_cpu else ["CUDAExecutionProvider"]
    usable = [name for name in gpu if name in ort.get_available_providers()]
    try:
        return ort.InferenceSession(str(path), options, providers=[*usable, "CPUExecutionProvider"])
    except _LOAD_ERRORS as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"{path}: expected an ONNX model, received a file that is none or is damaged "
            f"({reason}); copy or export it again"
        ) from error


def _agree(stated: list[int | str | None], expected: tuple[int, ...]) -> bool:
    """Compare sizes; names and None are free and agree with any."""
    return all(
        not isinstance(size, int) or size == value
        for size, value in zip(stated, expected, strict=True)
    )
