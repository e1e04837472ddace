"""Smaller files: the same network, with fewer bits for its weights.

| | File | Time | Largest change of a probability |
|---|---|---|---|
| `to_float16` | −49 % | the same: weights are widened when the file is loaded | 0.002 |
| `to_int8` | −43 % | −4 % | 0.03 |
| both | −63 % | −5 % | 0.03 |

Measured on the network `crnn` with onnxruntime 1.31 on a processor with VNNI. Other forms brought
nothing there: to calculate in float16 takes 3 % longer, and int8 convolutions are slower, too.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from ctckit.data.samples import Sample
from ctckit.evaluation.one_pass import evaluate
from ctckit.export.onnx_file import load_onnx
from ctckit.files import replace_atomically
from ctckit.inference.reader import Chunk, ImageToWordModel

Shrinker = Callable[[onnx.ModelProto], onnx.ModelProto]

MAX_GROWTH = 0.005  # of the share of texts misread that a smaller file may cost, 0…1

_SMALLEST = 64  # tensors of fewer numbers stay as they are: little to gain

# Without it, onnxruntime advises on the root logger a preparation that changes nothing here.
_IS_PREPARED = {"onnx.quant.pre_process": "onnxruntime.quant"}


class AccuracyError(RuntimeError):
    """Report that a smaller file reads worse than it may."""


@dataclass(frozen=True)
class Comparison:
    """How two files read the same images."""

    images: int
    wrong_before: int
    wrong_after: int
    different_texts: int

    @property
    def growth(self) -> float:
        """How much the share of images not read exactly has grown, -1…1."""
        return (self.wrong_after - self.wrong_before) / self.images

    def require(self, max_growth: float) -> "Comparison":
        """Return self.

        Raises:
            AccuracyError: the share of texts misread grows by more than `max_growth`, 0…1.
        """
        if self.growth > max_growth:
            raise AccuracyError(
                f"expected the share of texts misread to grow by at most {max_growth:.2%}, "
                f"received {self.growth:.2%} ({self.wrong_before} wrong texts before, "
                f"{self.wrong_after} after, of {self.images}); keep the file as it is"
            )
        return self


def to_float16(network: onnx.ModelProto) -> onnx.ModelProto:
    """Return `network` with its weights stored as float16; it still calculates in float32.

    The runtime widens them once, when it loads the file. Weights beyond ±65504 stay float32.
    """
    smaller = onnx.ModelProto()
    smaller.CopyFrom(network)
    graph = smaller.graph
    casts = [
        _narrow(tensor)
        for tensor in graph.initializer
        if tensor.data_type == TensorProto.FLOAT and _fits(numpy_helper.to_array(tensor))
    ]
    nodes = [*casts, *graph.node]
    graph.ClearField("node")
    graph.node.extend(nodes)
    onnx.checker.check_model(smaller, full_check=True)
    return smaller


def to_int8(network: onnx.ModelProto) -> onnx.ModelProto:
    """Return `network` with the weights of its LSTM and dense layers stored as int8.

    Their inputs are rounded to 8 bits on the fly ("dynamic quantization"). Convolutions stay:
    in int8 they are slower. The file needs onnxruntime's own operators.

    Source: https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    prepared = onnx.ModelProto()
    prepared.CopyFrom(network)
    helper.set_model_props(prepared, _IS_PREPARED)
    with TemporaryDirectory() as folder:
        file = Path(folder, "int8.onnx")
        types = ["LSTM", "MatMul"]
        quantize_dynamic(prepared, file, op_types_to_quantize=types, weight_type=QuantType.QInt8)
        smaller = load_onnx(file)
    helper.set_model_props(smaller, {item.key: item.value for item in network.metadata_props})
    return smaller


SHRINKERS: dict[str, Shrinker] = {"float16": to_float16, "int8": to_int8}


class SmallerCheck:
    """Compare the texts of a smaller file with those that are read anyway.

    Attributes:
        comparison: how both have read so far.
    """

    def __init__(self, path: str | Path) -> None:
        self._reader = ImageToWordModel(path)
        self.comparison = Comparison(images=0, wrong_before=0, wrong_after=0, different_texts=0)

    def add(self, samples: Sequence[Sample], chunk: Chunk) -> None:
        """Read a batch."""
        texts = [reading.text for reading in self._reader.read_batch(chunk.batch)]
        rows = [
            (self._reader.metadata.spell(sample.label), reading.text, text)
            for sample, reading, text in zip(samples, chunk.readings, texts, strict=True)
        ]
        before = self.comparison
        self.comparison = Comparison(
            images=before.images + len(rows),
            wrong_before=before.wrong_before + sum(label != first for label, first, _ in rows),
            wrong_after=before.wrong_after + sum(label != second for label, _, second in rows),
            different_texts=before.different_texts + sum(a != b for _, a, b in rows),
        )


def export_smaller(
    network_path: str | Path,
    path: str | Path,
    samples: Sequence[Sample],
    *,
    shrink: Shrinker = to_float16,
    max_growth: float = MAX_GROWTH,
) -> Comparison:
    """Write a smaller form of a model file as `path`, unless it reads worse.

    Args:
        network_path: an `.onnx` file in the network form, or a folder with a `model.onnx`.
        path: file to write, whole or not at all.
        samples: labelled images that the network has not learned from.
        shrink: `to_float16`, `to_int8`, or a function of your own.
        max_growth: of the share of texts misread, 0…1.

    Raises:
        AccuracyError: that share grows by more; nothing is written.
        InputError: there is no sample, an image cannot be read, or the file is no model.
    """
    reader = ImageToWordModel(network_path)
    with replace_atomically(path) as temporary:
        onnx.save(shrink(load_onnx(reader.model_path)), str(temporary))
        check = SmallerCheck(temporary)
        evaluate(reader, samples, checks=[check])
        return check.comparison.require(max_growth)


def _fits(weights: np.ndarray) -> bool:
    return weights.size >= _SMALLEST and np.abs(weights).max() <= np.finfo(np.float16).max


def _narrow(tensor: onnx.TensorProto) -> onnx.NodeProto:
    """Change a float32 tensor to float16, in place; return the node that widens it again."""
    name, narrow = tensor.name, f"{tensor.name}_float16"
    weights = numpy_helper.to_array(tensor).astype(np.float16)
    tensor.CopyFrom(numpy_helper.from_array(weights, narrow))
    return helper.make_node("Cast", [narrow], [name], to=TensorProto.FLOAT)
