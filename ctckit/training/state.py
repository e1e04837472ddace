"""The state of a training between two of its steps, in one file."""

import json
import os
import platform
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tokenize import TokenError
from typing import Any, Self

import cv2
import keras
import numpy as np
import tensorflow as tf

import ctckit
from ctckit.errors import InputError
from ctckit.files import replace_atomically

SCHEMA = 1
HEADER = "header"
# What NumPy, zipfile and json raise where a file is damaged.
_DAMAGES = (
    OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, IndexError, RuntimeError,
    MemoryError, SyntaxError, TokenError, struct.error, zlib.error, zipfile.BadZipFile,
)  # fmt: skip
Memory = Mapping[str, Any]  # what a callback remembers: plain values, and arrays, by name


@dataclass(frozen=True)
class TrainingState:
    """Everything that a training needs to go on as if it had never ended.

    Attributes:
        epoch: the running one, counted from 0.
        step: steps of it that are done, 1 or more.
        variables: of model, optimizer and metrics, in the order of `variables_of`.
        memories: of the callbacks, by the name of their class.
        saved_at: when, in seconds since 1970.
        environment: of the machine and the libraries, see `environment`.
    """

    epoch: int
    step: int
    variables: Sequence[np.ndarray]
    memories: Mapping[str, Memory]
    saved_at: float
    environment: Mapping[str, Any]

    def save(self, path: Path) -> None:
        """Write it, whole or not at all: an `.npz` of arrays and a header in JSON.

        Raises:
            InputError: nothing can be written there.
        """
        arrays = {f"variables/{place}": value for place, value in enumerate(self.variables)}
        plain: dict[str, dict[str, Any]] = {}
        for owner, memory in self.memories.items():
            plain[owner] = {}
            for name, value in memory.items():
                if isinstance(value, np.ndarray):
                    arrays[f"memories/{owner}/{name}"] = value
                else:
                    plain[owner][name] = value
        header = asdict(self) | {"variables": len(self.variables), "memories": plain}
        text = json.dumps({"schema": SCHEMA} | header)
        with replace_atomically(path) as temporary, temporary.open("wb") as file:
            np.savez(file, **{HEADER: np.frombuffer(text.encode(), np.uint8)}, **arrays)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            InputError: it is damaged, or of another version.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                _refuse_packed(file.zip)
                arrays = {name: file[name] for name in file.files}
            header = json.loads(arrays.pop(HEADER).tobytes())
            schema, number = header.pop("schema"), header.pop("variables")
            memories = {owner: dict(memory) for owner, memory in header.pop("memories").items()}
            variables = [arrays.pop(f"variables/{place}") for place in range(number)]
            for name, value in arrays.items():
                _, owner, own_name = name.split("/")
                memories[owner][own_name] = value
            if schema != SCHEMA:
                raise InputError(
                    f"expected a state of schema {SCHEMA} in {path}, received {schema}; go on "
                    "with the version of ctckit that the run began with"
                )
            return cls(variables=variables, memories=memories, **header)
        except _DAMAGES as error:
            if isinstance(error, InputError):
                raise
            raise InputError(
                f"expected the state of a training in {path}, received a damaged file ({error}); "
                "begin a new run, from the settings of this one by --config"
            ) from error


def _refuse_packed(archive: zipfile.ZipFile) -> None:
    """Refuse what is packed: `save` packs nothing, and a few bytes could become gigabytes."""
    if any(info.compress_type != zipfile.ZIP_STORED for info in archive.infolist()):
        raise ValueError("it is packed")


def variables_of(model: keras.Model) -> list[keras.Variable]:
    """Return what changes in a step: weights, states of generators, optimizer, sums of metrics."""
    return [*model.variables, *model.optimizer.variables, *model.metrics_variables]


def environment() -> dict[str, Any]:
    """Return what the bits of a training depend on besides its configuration, by its name."""
    threading = tf.config.threading
    return {
        "ctckit": ctckit.__version__,
        "TensorFlow": tf.__version__,
        "Keras": keras.__version__,
        "NumPy": np.__version__,
        "OpenCV": cv2.__version__,
        "processor": _processor(),
        "cores": num_cores(),
        "threads of an operation": threading.get_intra_op_parallelism_threads(),
        "operations at once": threading.get_inter_op_parallelism_threads(),
        "GPUs": len(tf.config.list_physical_devices("GPU")),
    }


def num_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processor() -> str:
    """Return the name of the processor; Linux tells it in a file only."""
    facts = Path("/proc/cpuinfo")
    if facts.is_file():
        for line in facts.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
