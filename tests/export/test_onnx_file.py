"""ONNX files of others: what they say of other files, and what is no text."""

import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from ctckit.errors import InputError
from ctckit.export.onnx_file import load_onnx
from ctckit.inference.session import OnnxInferenceModel
from tests.inference.tiny_model import metadata, write_model


def with_numbers_in(folder, location: str):
    """Write a model some of whose numbers lie in another file; return both."""
    path = write_model(folder / "run" / "model.onnx")
    model = onnx.load(path)
    tensor = next(each for each in model.graph.initializer if each.name == "slope")
    numbers = numpy_helper.to_array(tensor).tobytes()
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", "0"), ("length", str(len(numbers)))):
        tensor.external_data.add(key=key, value=value)
    path.write_bytes(model.SerializeToString())
    return path, numbers


OPENERS = [OnnxInferenceModel, load_onnx]


@pytest.mark.parametrize("use", OPENERS)
@pytest.mark.parametrize("location", ["../secret.bin", "{folder}/secret.bin", "link.bin"])
def test_numbers_outside_of_the_folder_are_not_read(tmp_path, use, location):
    (tmp_path / "run").mkdir()
    path, numbers = with_numbers_in(tmp_path, location.format(folder=tmp_path))
    (tmp_path / "secret.bin").write_bytes(numbers)
    if location == "link.bin":
        (tmp_path / "run" / "link.bin").symlink_to(tmp_path / "secret.bin")
    with pytest.raises(InputError, match=r"model\.onnx: expected an ONNX model") as caught:
        use(path)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("use", OPENERS)
def test_numbers_beside_it_are(tmp_path, use):
    (tmp_path / "run").mkdir()
    path, numbers = with_numbers_in(tmp_path, "numbers.bin")
    (tmp_path / "run" / "numbers.bin").write_bytes(numbers)
    assert use(path)


@pytest.mark.parametrize("use", OPENERS)
@pytest.mark.parametrize("content", [b"", b"hello", bytes(range(256))])
def test_what_is_no_model(tmp_path, use, content):
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    if not (use is load_onnx and not content):  # nothing is a model of nothing
        with pytest.raises(InputError, match=r"model\.onnx: expected "):
            use(path)


@pytest.mark.parametrize(
    ("place", "message"),
    [(b"stripes", "texts in UTF-8"), (b"image", "expected an? ")],
    ids=["metadata", "the name of the input"],
)
def test_texts_that_are_not_utf_8(tmp_path, place, message):
    path = write_model(tmp_path / "model.onnx", metadata().to_strings())
    path.write_bytes(path.read_bytes().replace(place, b"\xff" * len(place)))
    with pytest.raises(InputError, match=message):
        OnnxInferenceModel(path)


def test_a_graph_without_an_input(tmp_path):
    value = helper.make_tensor("value", TensorProto.FLOAT, [1], [0.0])
    graph = helper.make_graph(
        [helper.make_node("Constant", [], ["out"], value=value)],
        "constant",
        [],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, [1])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, metadata().to_strings())
    onnx.save(model, tmp_path / "model.onnx")
    with pytest.raises(InputError, match="expected a network with an input"):
        OnnxInferenceModel(tmp_path / "model.onnx")
