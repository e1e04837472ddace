"""`ctckit export`, in this process."""

import shutil
from pathlib import Path

import onnx
import onnxruntime as ort
import pytest
from onnx import numpy_helper

from ctckit.cli import export
from ctckit.export.smaller import SHRINKERS
from ctckit.export.tflite_file import TfliteModel
from ctckit.image.decode import ImageReader
from ctckit.inference.reader import ImageToWordModel
from tests.export.phone_run import write_phone_run
from tests.inference.tiny_model import write_csv, write_run

TEXTS = ["22", "345", "5"]


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return write_run(Path("Models/stripes_20250101-120000"), [(text, text) for text in TEXTS])


def images(run: Path) -> list[Path]:
    return sorted((run / "images").iterdir())


def files(run: Path) -> set[str]:
    return {path.name for path in run.iterdir()}


@pytest.mark.parametrize("source", ["run", "file"])
@pytest.mark.parametrize(
    ("words", "name", "lines"),
    [
        ([], "model.reader.onnx", 1),
        (["--form", "reader", "--output", "new/r.onnx"], "new/r.onnx", 1),
        (["--form", "float16"], "model.float16.onnx", 2),
        (["--form", "int8", "--output", "small.onnx"], "small.onnx", 2),
    ],
)
def test_forms(run, call, source, words, name, lines):
    status, said, _ = call("export", run if source == "run" else run / "model.onnx", *words)
    path = Path(name) if "--output" in words else run / name
    assert status == 0 and len(said) == lines
    size, before = path.stat().st_size, (run / "model.onnx").stat().st_size
    assert said[-1] == f"{path}  {size:,} bytes, {before:,} before"
    if lines == 2:
        assert said[0] == "misread 0 of 3 images, 0 before"
        assert [reading.text for reading in ImageToWordModel(path).read(images(run))] == TEXTS
    else:
        session = ort.InferenceSession(path)
        for image, text in zip(images(run), TEXTS, strict=True):
            pixels, _ = ImageReader(channels=1)(image, "")
            assert session.run(["text"], {"image": pixels[None]})[0] == [text]


def blind(network: onnx.ModelProto) -> onnx.ModelProto:
    """Make the network read nothing."""
    smaller = onnx.ModelProto()
    smaller.CopyFrom(network)
    tensor = next(item for item in smaller.graph.initializer if item.name == "offset")
    offsets = numpy_helper.to_array(tensor).copy()
    offsets[:-1] -= 1000
    tensor.CopyFrom(numpy_helper.from_array(offsets, "offset"))
    return smaller


def test_a_form_that_reads_worse_is_not_written(run, call, monkeypatch):
    monkeypatch.setitem(SHRINKERS, "float16", blind)
    before = files(run)
    status, lines, said = call("export", run, "--form", "float16")
    assert (status, lines, said.count("\n")) == (2, [], 1)
    assert said.startswith("error: expected the share of texts misread to grow by at most 0.50%")
    assert files(run) == before


def test_it_is_compared_on_the_images_one_wants(run, call, monkeypatch):
    monkeypatch.setitem(SHRINKERS, "float16", blind)
    wrong = write_csv(Path("own.csv"), [[images(run)[0].resolve(), "nothing like it"]])
    status, lines, _ = call("export", run, "--form", "float16", "--csv", wrong)
    assert status == 0 and lines[0] == "misread 1 of 1 images, 1 before"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "expected an .onnx file or the folder of a run, received none"),
        (["gone.onnx"], "gone.onnx: expected a model file, received none"),
        (["Models"], "model.onnx: expected a model file, received none"),
        (["RUN", "--form", "flaot16"], "received 'flaot16'. Did you mean 'float16'?"),
        (["RUN", "--output", "RUN/model.onnx"], "--output: expected another file than the model"),
        (["RUN", "--form", "int8", "--csv", "gone.csv"], "gone.csv"),
        (["RUN/val.csv"], "val.csv: expected an ONNX model"),
        (["RUN", "--widths", "64"], "--widths: expected none for the form reader, received 64"),
        (["RUN", "--output", "RUN/val.csv/r.onnx"], "expected a place to write to"),
    ],
)
def test_bad_input_gives_one_line_and_writes_nothing(run, call, words, message):
    before = files(run)
    words = [word.replace("RUN", str(run)) for word in words]
    status, lines, said = call("export", *words)
    assert (status, lines, said.count("\n")) == (2, [], 1)
    assert said.startswith("error: ") and message in said
    assert files(run) == before


def test_the_reader_form_is_no_source(run, call):
    assert call("export", run)[0] == 0
    status, _, said = call("export", run / "model.reader.onnx", "--output", "again.onnx")
    assert (status, said.count("\n")) == (2, 1) and "expected the network form" in said
    assert not Path("again.onnx").exists()


@pytest.mark.slow
def test_tflite(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = write_phone_run(Path("Models/noise_20250101-120000"))
    status, said, log = call("export", run, "--form", "tflite", "--widths", "128", "64")
    path = run / "model.tflite"
    assert (status, log, len(said)) == (0, "", 2)
    assert said[0].startswith("the same texts of all 5 images, probabilities within ")
    size, before = path.stat().st_size, (run / "model.onnx").stat().st_size
    assert said[1] == f"{path}  {size:,} bytes, {before:,} before"
    assert TfliteModel(path).widths == [64, 128]

    status, said, log = call("export", run, "--form", "tflite", "--output", "usual.tflite")
    assert (status, log) == (0, "widths  64, 96, 120, of the images compared\n")

    kept = path.read_bytes()
    write_phone_run(Path("other"), seed=5)
    shutil.copy("other/model.keras", run)
    status, said, log = call("export", run, "--form", "tflite", "--widths", "128")
    assert (status, said, log.count("\n")) == (2, [], 1)
    assert log.startswith("error: expected the texts of the .onnx file, received other texts of 5")
    assert path.read_bytes() == kept


def test_a_file_alone_becomes_no_tflite(run, call):
    before = files(run)
    status, _, said = call("export", run / "model.onnx", "--form", "tflite")
    assert (status, said.count("\n")) == (2, 1)
    assert "received no usable model.keras (no such file); give the folder of a run" in said
    assert files(run) == before


def test_without_tensorflow(run, call, monkeypatch):
    monkeypatch.setattr(export, "find_spec", lambda name: None if name == "tensorflow" else name)
    status, _, said = call("export", run, "--form", "tflite")
    assert (status, said.count("\n")) == (2, 1) and "pip install tensorflow" in said


def test_without_the_package_onnx(run, call, monkeypatch):
    monkeypatch.setattr(export, "find_spec", lambda name: None)
    status, _, said = call("export", run)
    assert (status, said.count("\n")) == (2, 1) and "pip install onnx" in said
