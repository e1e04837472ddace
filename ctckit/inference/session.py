"""A trained network in an ONNX file, ready to run. Needs neither TensorFlow nor a config file."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnxruntime as ort
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from ctckit.base import find_run
from ctckit.errors import InputError, nearest_name
from ctckit.hub import fetch_from_hub, is_hub_address
from ctckit.image.widths import WIDTH_MULTIPLE, own_widths
from ctckit.inference.metadata import ModelMetadata
from ctckit.log import LOGGER
from ctckit.run_folder import MODEL_FILE
from ctckit.text.vocabulary import Vocabulary, spell

TINY = 1e-9  # added to probabilities before those of some characters are taken for the whole
PROVIDERS = {  # names to type, and onnxruntime's own
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "migraphx": "MIGraphXExecutionProvider",
    "directml": "DmlExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
}

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
    UnicodeDecodeError,  # its own message quotes the file
)


_Shape = Sequence[int | str | None]


class _Place(NamedTuple):
    """The input or the output of a graph."""

    name: str
    shape: _Shape


class OnnxInferenceModel:
    """Run an exported network; subclasses make images of files and texts of probabilities.

    Args:
        model_path: an `.onnx` file, a folder with a `model.onnx`, `hf://owner/name` of the Hugging
            Face Hub, or "base", the network that comes with the package.
        provider: what computes: "cpu", or another one of `PROVIDERS` that the installed
            onnxruntime has.
        num_threads: batches that are read at the same time; 0 takes as many as there are cores.
            One run of the network takes one thread: it is too small to be worth dividing.
        vocab: characters in the order of the network's classes, the blank behind them: only for
            a file of another tool, which has no metadata of ours.
        characters: that texts consist of; those of the model that are not among them are never
            read. None: all of the model's.

    Attributes:
        model_path: the file.
        metadata: what the file says about itself.
        session: the `onnxruntime.InferenceSession`.
        input_name: of the network's input.
        num_threads: 1 or more.

    Raises:
        InputError: there is no such file, it is not an ONNX model, has no metadata of ours, or
            its vocabulary and size do not fit its network, or it does not know one of the
            characters; or there is no such provider.
    """

    def __init__(
        self,
        model_path: str | Path,
        *,
        provider: str = "cpu",
        num_threads: int = 0,
        vocab: str | None = None,
        characters: str | None = None,
    ) -> None:
        self.model_path = find_model_file(model_path)
        self.num_threads = num_threads or os.cpu_count() or 1
        self.session = load_session(self.model_path, provider)
        strings, image, probabilities = _describe(self.session, self.model_path)
        self._classes: list[int] | None = (
            None if vocab is None else _order_of_classes(vocab, strings)
        )
        try:
            self.metadata = (
                ModelMetadata.from_strings(strings)
                if vocab is None
                else ModelMetadata.of_another_tool(vocab, image.shape)
            )
        except InputError as error:
            readable = vocab is None and not _is_ours(strings)
            hint = ", or give its characters as vocab" if readable else ""
            raise InputError(f"{self.model_path}: {error}{hint}") from error
        self.input_name = image.name
        self._output_name = probabilities.name
        self._require_shapes(image.shape, probabilities.shape)
        self._is_narrowed = characters is not None
        if characters is not None:
            self._narrow(characters)

    @property
    def image_shape(self) -> tuple[int, int | None, int]:
        """Height, width and channels of the network's input; no width: each image has its own."""
        return self.metadata.height, self.metadata.width, self.metadata.channels

    def predict_probabilities(self, batch: np.ndarray) -> np.ndarray:
        """Run the network.

        Args:
            batch: uint8 or float32 (N, H, W, C), values 0…255. Where each image has its own width,
                W is that of the widest, and what lies beyond the end of an image is -1:
                `ctckit.image.stack_images` makes such a batch, int16.

        Returns:
            float32 (N, T, V+1); each row along the last axis sums to 1, the blank comes last.
            A file of M models gives (N, M, T, V+1). Rows beyond an image's end say blank.

        Raises:
            InputError: the batch has another shape, or a width is no multiple of 8.
        """
        batch = np.asarray(batch, dtype=np.float32)
        if batch.ndim != 4 or not _agree(self.image_shape, batch.shape[1:]):
            expected = ", ".join(str(size or "W") for size in self.image_shape)
            raise InputError(
                f"expected a batch of shape (N, {expected}), received {batch.shape}; "
                "use ImageToWordModel, which brings images of any size into this form",
                argument="batch",
            )
        if self.metadata.width is None:
            _require_own_widths(batch)
        outputs = self.session.run([self._output_name], {self.input_name: batch})
        probabilities: np.ndarray = outputs[0]
        if self._classes is not None:
            probabilities = probabilities[..., self._classes]
        if self._is_narrowed:
            probabilities = probabilities + TINY  # of steps where all is for other characters
            probabilities /= probabilities.sum(-1, keepdims=True)
        return probabilities

    def _narrow(self, characters: str) -> None:
        """Keep the classes of some characters, and the blank, as if there were no others."""
        facts = self.metadata
        own = Vocabulary(spell(characters, facts.unicode_form, ignore_case=facts.ignore_case))
        known = facts.vocabulary
        if unknown := [one for one in own.characters if one not in known.characters]:
            raise InputError(
                f"expected characters that {self.model_path} knows, received '{unknown[0]}'; it "
                f"knows {known}",
                argument="characters",
            )
        places = [known.characters.index(one) for one in own.characters]
        kept = [*places, known.blank_id]
        self._classes = kept if self._classes is None else [self._classes[one] for one in kept]
        vocabulary = Vocabulary(own.characters, known.direction)
        self.metadata = replace(facts, vocabulary=vocabulary)

    def _require_shapes(self, image: _Shape, probabilities: _Shape) -> None:
        """Compare the sizes that the graph states with those of the metadata."""
        if "form" in self.metadata.extra:
            raise InputError(
                f"{self.model_path}: expected the network form, received the "
                f"{self.metadata.extra['form']} form, which needs no ctckit; give the model.onnx"
            )
        free = self.metadata.width is None
        if not _agree(image[1:], self.image_shape) or (free and isinstance(image[2], int)):
            raise InputError(
                f"{self.model_path}: expected an input (N, H, W, C) of {self.image_shape} as its "
                f"metadata says, received {tuple(image)}; export the model again"
            )
        vocabulary = self.metadata.vocabulary
        classes = vocabulary.num_classes
        if len(probabilities) not in (3, 4) or not _agree(probabilities[-1:], (classes,)):
            raise InputError(
                f"{self.model_path}: expected an output (N, T, {classes}) for its vocabulary of "
                f"{len(vocabulary)} characters and the blank, received {tuple(probabilities)}; "
                "export the model again with its own vocabulary"
            )


def _require_own_widths(batch: np.ndarray) -> None:
    """Refuse images whose ends are within a time step: the network has never seen half of one.

    They are not filled up here: training does that with white, which is part of the image, and
    whoever makes the batch knows what is.
    """
    widths = own_widths(batch) if batch.shape[2] else np.zeros(len(batch), int)
    if batch.shape[2] % WIDTH_MULTIPLE or (widths % WIDTH_MULTIPLE).any() or not widths.all():
        found = ", ".join(map(str, sorted({batch.shape[2], *widths.tolist()})))
        raise InputError(
            f"expected images whose widths are multiples of {WIDTH_MULTIPLE}, from "
            f"{WIDTH_MULTIPLE}, received {found}; fill them up with white, or use "
            "ImageToWordModel, which does so",
            argument="batch",
        )


def _describe(session: ort.InferenceSession, path: Path) -> tuple[dict[str, str], _Place, _Place]:
    """Return the metadata of a file, and the first input and output of its graph.

    Raises:
        InputError: it has none, or texts that are not UTF-8.
    """
    try:
        strings = session.get_modelmeta().custom_metadata_map
        image, probabilities = session.get_inputs()[0], session.get_outputs()[0]
        return (
            strings,
            _Place(image.name, image.shape),
            _Place(probabilities.name, probabilities.shape),
        )
    except (IndexError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}: expected a network with an input, an output and texts in UTF-8, received "
            f"another ({error}); export the model again"
        ) from error


def find_model_file(model_path: str | Path) -> Path:
    """Return the file itself, or the `model.onnx` of a folder.

    "base" and "base-large" are those of the package.
    Of `hf://owner/name`, an address of the Hugging Face Hub, it is downloaded once.

    Raises:
        InputError: there is none.
    """
    if is_hub_address(model_path):
        return fetch_from_hub(model_path, MODEL_FILE)
    path = find_run(model_path)
    file = path / MODEL_FILE if path.is_dir() else path
    if not file.is_file():
        raise InputError(
            f"{file}: expected a model file, received none; "
            f"give an .onnx file or a folder with a {MODEL_FILE}"
        )
    return file


def load_session(path: Path, provider: str = "cpu") -> ort.InferenceSession:
    """Open an ONNX file of any kind; a run takes one thread.

    A provider that is there but does not start, as CUDA without its libraries, is told by a
    warning: onnxruntime goes on with the CPU.

    Raises:
        InputError: it is not an ONNX model, or there is no such provider.
    """
    own_name = _provider(provider)
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3  # errors only; warnings about graph details help nobody here
    try:
        session = ort.InferenceSession(
            str(path), options, providers=[*{own_name: None, "CPUExecutionProvider": None}]
        )
    except _LOAD_ERRORS as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"{path}: expected an ONNX model, received a file that is none or is damaged "
            f"({reason}); copy or export it again"
        ) from error
    if own_name not in session.get_providers():
        LOGGER.warning(
            "expected %s to compute, received %s: it could not start; install what it needs (the "
            "driver and the libraries that this onnxruntime names), or say provider cpu",
            provider, ", ".join(map(_short_name, session.get_providers())),
        )  # fmt: skip
    return session


def _short_name(provider: str) -> str:
    """Return the name to type for onnxruntime's own name of a provider."""
    return next((name for name, own in PROVIDERS.items() if own == provider), provider)


def _provider(name: str) -> str:
    """Return onnxruntime's own name of a provider, if it can be used here."""
    if name not in PROVIDERS:
        raise InputError(
            f"expected a provider of {', '.join(PROVIDERS)}, received '{name}'; "
            f"choose one of them.{nearest_name(name, PROVIDERS)}",
            argument="provider",
        )
    available = ort.get_available_providers()
    if PROVIDERS[name] not in available:
        usable = ", ".join(key for key, value in PROVIDERS.items() if value in available)
        raise InputError(
            f"expected a provider that the installed onnxruntime has ({usable}), received "
            f"'{name}'; install the onnxruntime package made for it, or use cpu",
            argument="provider",
        )
    return PROVIDERS[name]


def _is_ours(strings: dict[str, str]) -> bool:
    return "schema_version" in strings


def _order_of_classes(vocab: str, strings: dict[str, str]) -> list[int]:
    """Return which of the network's classes are those of a sorted vocabulary and the blank."""
    if _is_ours(strings):
        raise InputError(
            "expected none, as the file says itself what it reads, received "
            f"'{vocab}'; leave it out",
            argument="vocab",
        )
    if len(set(vocab)) != len(vocab):
        raise InputError(
            f"expected a string of different characters, received '{vocab}'; "
            "give them in the order of the network's classes",
            argument="vocab",
        )
    ours = Vocabulary(vocab)
    return [*map(vocab.index, ours), ours.blank_id]


def _agree(stated: _Shape, expected: Sequence[int | None]) -> bool:
    """Compare sizes; names and None are free and agree with any."""
    return len(stated) == len(expected) and all(
        size == value
        for size, value in zip(stated, expected, strict=True)
        if isinstance(size, int) and value is not None
    )
