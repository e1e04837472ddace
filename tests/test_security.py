"""What SECURITY.md says of a model file, and that it says how to report."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from ctckit.errors import InputError
from ctckit.inference.session import load_session

ROOT = Path(__file__).parents[1]


def write_model_with_weights_in(path, location):
    weights = TensorProto(name="weights", data_type=TensorProto.FLOAT, dims=[4])
    weights.data_location = TensorProto.EXTERNAL
    weights.external_data.add(key="location", value=location)
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [4]) for name in "xy"]
    node = helper.make_node("Add", ["x", "weights"], ["y"])
    graph = helper.make_graph([node], "graph", values[:1], values[1:], [weights])
    opsets = [helper.make_opsetid("", 17)]
    path.parent.mkdir()
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    path.write_bytes(model.SerializeToString())


@pytest.mark.parametrize("where", ["{0}/secret.bin", "../secret.bin"])
def test_a_model_reads_no_file_outside_its_folder(tmp_path, where):
    np.arange(4, dtype=np.float32).tofile(tmp_path / "secret.bin")
    model = tmp_path / "folder" / "model.onnx"
    write_model_with_weights_in(model, where.format(tmp_path))
    with pytest.raises(InputError, match="expected an ONNX model"):
        load_session(model)
    with pytest.raises(onnx.checker.ValidationError):
        onnx.load(str(model))


def test_a_model_reads_a_file_beside_it(tmp_path):
    """The model of the test above is good but for the place."""
    model = tmp_path / "folder" / "model.onnx"
    write_model_with_weights_in(model, "weights.bin")
    np.arange(4, dtype=np.float32).tofile(model.parent / "weights.bin")
    (found,) = load_session(model).run(None, {"x": np.zeros(4, np.float32)})
    np.testing.assert_array_equal(found, [0, 1, 2, 3])


def test_how_to_report_is_told_and_linked():
    assert "Report a vulnerability" in (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    assert "(SECURITY.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
