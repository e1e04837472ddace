"""What others do not promise to keep: each part in one place, and here as it was looked at.

| Package | Version | Used in |
|---|---|---|
| keras | 3.15.1 | ctckit/networks/keras_privates.py |
| onnxruntime | 1.31.1 | ctckit/inference/session.py |
| uvicorn | 0.54.0 | ctckit/serve/patience.py, tested in tests/serve/test_process.py |
| starlette | 1.10.0 | `_InMemory` in ctckit/serve/bodies.py, tested in tests/serve/test_read.py |
| tensorflow | 2.21.0 | ctckit/export/tflite.py and tflite_network.py, tested in tests/export |
| captcha | 0.7.1 | ctckit/sources/stand_in.py, tested in tests/sources/test_stand_in.py |

tf2onnx is used by its public functions only. Where a test here fails, the package has changed:
look at the places named, then at the version named.
"""

import ast
from importlib.metadata import version
from pathlib import Path

import keras
import numpy as np
import pytest
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from ctckit.inference import session
from ctckit.networks import keras_privates
from ctckit.networks.fused import FusedAdamW

PACKAGE = Path(__file__).parents[1] / "ctckit"
pytestmark = pytest.mark.slow


def hint(package: str, looked_at: str) -> str:
    return f"{package} {version(package)} is not as {looked_at} was: see the head of this file"


def test_fit_takes_an_adapter_as_it_is():
    from keras.src.trainers.data_adapters import get_data_adapter

    class Adapter(keras_privates.DataAdapter):
        pass

    adapter = Adapter()
    assert get_data_adapter(adapter) is adapter, hint("keras", "3.15.1")


def test_the_loss_is_counted_where_keras_logs_it():
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.build((None, 2))
    keras_privates.count_loss(model, 3.0, np.zeros((4, 2)))
    keras_privates.count_loss(model, 0.0, np.zeros((2, 2)))
    assert float(model.get_metrics_result()["loss"]) == pytest.approx(2.0), hint("keras", "3.15.1")


def test_moments_are_those_of_the_variable():
    optimizer, variable = FusedAdamW(0.1), keras.Variable([1.0, 2.0])
    optimizer.build([variable])
    optimizer.apply_gradients([(np.float32([1.0, -2.0]), variable)])
    mean, square = map(np.asarray, keras_privates.moments_of(optimizer, variable))
    np.testing.assert_allclose(mean, [0.1, -0.2], rtol=1e-5, err_msg=hint("keras", "3.15.1"))
    np.testing.assert_allclose(square, [1e-3, 4e-3], rtol=1e-4)


def test_a_sum_in_a_network_is_of_this_kind():
    x = keras.Input((3,))
    kinds = {type(each) for each in keras.Model(x, keras.ops.add(x, 1.0) + x).operations}
    assert keras_privates.AddOperation in kinds, hint("keras", "3.15.1")


def test_errors_of_onnxruntime_are_still_there():
    for kind in session._LOAD_ERRORS:
        assert issubclass(kind, Exception), hint("onnxruntime", "1.31.1")
        assert kind is UnicodeDecodeError or getattr(ort_errors, kind.__name__) is kind


PRIVATE = {"keras.src", "onnxruntime.capi", "tf2onnx.tfonnx", "tf2onnx.optimizer"}
ALLOWED = {
    "networks/keras_privates.py": {"keras.src"},
    "inference/session.py": {"onnxruntime.capi"},
}


def test_private_modules_are_imported_in_one_place_each():
    found = {}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Import | ast.ImportFrom):
                continue
            names = [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
            for private in {".".join(name.split(".")[:2]) for name in names} & PRIVATE:
                found.setdefault(path.relative_to(PACKAGE).as_posix(), set()).add(private)
    assert found == ALLOWED
