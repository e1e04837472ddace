"""A .tflite file of a run, written only if it reads what the .onnx file reads."""

import json
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from zipfile import ZipFile

import keras
import numpy as np

from ctckit.data.samples import Sample
from ctckit.errors import InputError
from ctckit.evaluation.one_pass import evaluate
from ctckit.export.smaller import AccuracyError
from ctckit.export.tflite import FACTS_FILE, to_tflite
from ctckit.files import replace_atomically
from ctckit.image.steps import apply_steps, steps_to
from ctckit.image.widths import NO_IMAGE, own_widths
from ctckit.inference.metadata import ModelMetadata
from ctckit.inference.reader import Chunk, ImageToWordModel
from ctckit.log import LOGGER, hidden_native_log

SHARES = (0.25, 0.5, 0.75, 1.0)  # of the images that a width of the file is to be enough for


def export_tflite(
    network_path: str | Path,
    path: str | Path,
    samples: Sequence[Sample],
    *,
    widths: Sequence[int] = (),
) -> "SameTexts":
    """Write a .tflite file of a run as `path`, unless it reads an image otherwise.

    Args:
        network_path: the folder of a run, or a `model.onnx` with its `model.keras` beside it.
        path: file to write, whole or not at all.
        samples: labelled images.
        widths: of the images that the file takes, in pixels, where each image has its own; none:
            as wide as a quarter, a half, three quarters and all of the samples.

    Raises:
        AccuracyError: it reads other texts; nothing is written.
        InputError: there is no sample, an image cannot be read, there is no Keras network, or a
            width cannot be.
    """
    reader = ImageToWordModel(network_path, reading_widths=(1.0,))
    if reader.metadata.width is None and not widths:
        widths = usual_widths(reader, samples)
        LOGGER.info("widths  %s, of the images compared", ", ".join(map(str, widths)))
    network = _keras_network(reader.model_path)
    content = to_tflite(network, reader.metadata, widths)
    with replace_atomically(path) as temporary:
        temporary.write_bytes(content)
        check = SameTextsCheck(reader, temporary)
        evaluate(reader, samples, checks=[check])
        return check.result.require()


def usual_widths(reader: ImageToWordModel, samples: Sequence[Sample]) -> list[int]:
    """Return the own widths that a quarter, a half, three quarters and all of the images have."""
    if not samples:
        raise InputError("expected at least one labelled image, received none", argument="samples")
    own = [reader.prepare(sample.image).shape[1] for sample in samples]
    return sorted({int(np.quantile(own, share, method="higher")) for share in SHARES})


def _keras_network(model: Path) -> keras.Model:
    """Return the network beside a model file, which bears its name."""
    checkpoint = model.with_suffix(".keras")
    try:
        if not checkpoint.is_file():
            raise FileNotFoundError("no such file")
        return keras.models.load_model(checkpoint, compile=False)
    except (OSError, TypeError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(
            f"{model}: expected the Keras network that it was made of beside it, as a .tflite file "
            f"is made of that, too; received no usable {checkpoint.name} ({reason}); give the "
            "folder of a run"
        ) from error


class TfliteModel:
    """Run a .tflite file of ours, one image at a time.

    Attributes:
        metadata: what the file says about itself.
        widths: that it takes, in order.
    """

    def __init__(self, path: str | Path) -> None:
        with ZipFile(path) as archive:
            facts = json.loads(archive.read(FACTS_FILE))
        self.widths = facts["widths"]
        self.metadata = ModelMetadata.from_strings({key: json.dumps(facts[key]) for key in facts})
        _, *self._steps = steps_to(self.metadata)
        self._runs = _signatures(Path(path).read_bytes(), self.widths)

    def predict_probabilities(self, image: np.ndarray) -> np.ndarray:
        """Return what the network says of decoded pixels, uint8 (H, W, C): (1, T, V + 1)."""
        made, _ = apply_steps(self._steps, image)
        width = next(width for width in self.widths if width >= made.shape[1])
        batch = np.full((1, made.shape[0], width, made.shape[2]), NO_IMAGE, np.float32)
        batch[0, :, : made.shape[1]] = made
        return np.asarray(self._runs[width](image=batch)["probabilities"])


def _signatures(content: bytes, widths: Sequence[int]) -> dict[int, Callable]:
    """Return the functions of a file by width, run by LiteRT, or by TensorFlow's copy of it.

    Not opened by its name: Windows lets nobody rename a file that is in use.
    """
    with hidden_native_log(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TensorFlow's copy tells that it will go
        if find_spec("ai_edge_litert"):
            from ai_edge_litert.interpreter import Interpreter
        else:
            from tensorflow.lite.python.interpreter import Interpreter
        interpreter = Interpreter(model_content=content, num_threads=1)
        interpreter.allocate_tensors()  # tells on the terminal what computes
        return {width: interpreter.get_signature_runner(f"w{width}") for width in widths}


@dataclass(frozen=True)
class SameTexts:
    """How a .tflite file and an .onnx file read the same images."""

    images: int = 0
    different: tuple[tuple[str, str, str], ...] = ()  # image, and both texts
    largest_difference: float = 0.0  # of any probability, where both saw the same pixels

    def require(self) -> "SameTexts":
        """Return self, or raise AccuracyError if some texts differ."""
        if self.different:
            image, expected, received = self.different[0]
            raise AccuracyError(
                f"expected the texts of the .onnx file, received other texts of "
                f"{len(self.different)} of {self.images} images, the first '{received}' in the "
                f"place of '{expected}' for {image}; state wider widths if it is wider than they "
                "are, else report it; keep the .onnx file"
            )
        return self


class SameTextsCheck:
    """Compare the texts of a .tflite file with those that are read anyway."""

    def __init__(self, reader: ImageToWordModel, path: str | Path) -> None:
        self._reader, self._model = reader, TfliteModel(path)
        self.result = SameTexts()

    def add(self, samples: Sequence[Sample], chunk: Chunk) -> None:
        """Read the images of a batch, as their files have them, one by one."""
        wide = own_widths(chunk.batch) > self._model.widths[-1]  # the file sees them narrower
        rows = zip(samples, chunk.pixels, chunk.probabilities, chunk.readings, wide, strict=True)
        for sample, pixels, expected, reading, is_wide in rows:
            received = self._model.predict_probabilities(pixels)
            text = self._reader.readings_of(received)[0].text
            others = [(sample.image, reading.text, text)] if text != reading.text else []
            difference = 0.0 if is_wide else _difference(expected, received[0])
            before = self.result
            self.result = SameTexts(
                images=before.images + 1,
                different=(*before.different, *others),
                largest_difference=max(before.largest_difference, difference),
            )


def _difference(expected: np.ndarray, received: np.ndarray) -> float:
    """Return the largest difference in the steps that both have; all others say blank."""
    steps = min(expected.shape[-2], received.shape[-2])
    return float(np.abs(expected[..., :steps, :] - received[..., :steps, :]).max())
