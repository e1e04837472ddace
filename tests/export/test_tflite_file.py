import re
import warnings
from pathlib import Path

import numpy as np
import pytest

from ctckit.data.samples import Sample
from ctckit.errors import InputError
from ctckit.export import tflite_file
from ctckit.export.smaller import AccuracyError
from ctckit.export.tflite_file import SameTexts, TfliteModel, export_tflite, usual_widths
from ctckit.image.decode import ImageReader
from ctckit.inference.reader import ImageToWordModel
from tests.export.phone_run import WIDTHS, write_phone_run
from tests.free_width import noise

pytestmark = pytest.mark.slow
PAGE = Path(__file__).parents[2] / "docs" / "reader-form.md"


@pytest.fixture(scope="module", params=[None, 96], ids=["own widths", "fixed"])
def run(request, tmp_path_factory) -> Path:
    folder = write_phone_run(tmp_path_factory.mktemp("phone") / "run", request.param)
    export_tflite(folder, folder / "model.tflite", samples(folder))
    return folder


@pytest.fixture(scope="module")
def free(tmp_path_factory) -> Path:
    return write_phone_run(tmp_path_factory.mktemp("phone") / "run")


def samples(folder: Path) -> list[Sample]:
    return [Sample(str(path), "1") for path in sorted((folder / "images").iterdir())]


def test_the_same_texts(run, tmp_path, capfd):
    result = export_tflite(run, tmp_path / "new" / "small.tflite", samples(run))
    said = "".join(capfd.readouterr()).splitlines()
    assert all(line.startswith("widths  ") for line in said), "TensorFlow and LiteRT say nothing"
    assert (result.images, result.different) == (len(WIDTHS), ())
    assert result.largest_difference < 1e-4
    model, reader = TfliteModel(tmp_path / "new" / "small.tflite"), ImageToWordModel(run)
    assert model.widths == ([96] if reader.metadata.width else [64, 96, 120])
    texts = []
    for sample in samples(run):
        pixels, _ = ImageReader(channels=1)(sample.image, "")
        said = model.predict_probabilities(pixels)
        texts.append(reader.readings_of(said)[0].text)
        assert texts[-1] == reader.predict(sample.image)
    assert len(set(texts)) > 3


def test_the_page_reads_as_the_onnx_file_does(run, monkeypatch):
    """What it shows needs NumPy and LiteRT alone, for own widths and a fixed one."""
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    (code,) = [block for block in blocks if "ai_edge_litert" in block]
    monkeypatch.chdir(run)
    reader = ImageToWordModel(run)
    images = noise([96] * 3 if reader.metadata.width else [40, 61, 90, 96, 118], seed=2)
    known = {"image": images[0]}
    exec(compile(code, PAGE.name, "exec"), known)
    assert [known["read"](image) for image in images] == [reader.predict(one) for one in images]


def test_an_image_too_wide_is_made_narrower(free, tmp_path):
    path = tmp_path / "model.tflite"
    narrow = samples(free)[:2]
    assert export_tflite(free, path, narrow, widths=(64,)).images == 2
    said = TfliteModel(path).predict_probabilities(np.zeros((32, 500, 1), np.uint8))
    assert said.shape[1] == 8
    before = path.read_bytes()
    with pytest.raises(AccuracyError, match=r"other texts of [1-3] of 5 images, .* wider widths"):
        export_tflite(free, path, samples(free), widths=(64,))
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["model.tflite"]


def test_usual_widths(free):
    reader = ImageToWordModel(free)
    assert usual_widths(reader, samples(free)) == [64, 96, 120]
    assert usual_widths(reader, samples(free)[:1]) == [40]


def test_another_network_is_found_out(free, tmp_path):
    other = write_phone_run(tmp_path / "other", seed=5)
    (tmp_path / "other" / "model.onnx").write_bytes((free / "model.onnx").read_bytes())
    with pytest.raises(AccuracyError, match=r"other texts of 5 of 5 images, the first '.*' in the"):
        export_tflite(other, tmp_path / "model.tflite", samples(other))
    assert not (tmp_path / "model.tflite").exists()


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "no such file"), (b"nothing", "model.keras")]
)
def test_no_keras_network(free, tmp_path, content, reason):
    (tmp_path / "model.onnx").write_bytes((free / "model.onnx").read_bytes())
    if content is not None:
        (tmp_path / "model.keras").write_bytes(content)
    with pytest.raises(InputError, match="expected the Keras network that it was made of") as told:
        export_tflite(tmp_path / "model.onnx", tmp_path / "model.tflite", samples(free))
    assert reason in str(told.value) and "\n" not in str(told.value)
    assert not (tmp_path / "model.tflite").exists()


def test_no_images(free, tmp_path):
    with pytest.raises(InputError, match="at least one labelled image"):
        export_tflite(free, tmp_path / "model.tflite", [])


def test_without_litert_tensorflow_compares(run, monkeypatch, capfd):
    """Quietly: that its interpreter will go is of no use to whoever exports."""
    monkeypatch.setattr(tflite_file, "find_spec", lambda name: None)
    pixels = noise([96])[0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ours = TfliteModel(run / "model.tflite").predict_probabilities(pixels)
    monkeypatch.undo()
    theirs = TfliteModel(run / "model.tflite").predict_probabilities(pixels)
    np.testing.assert_allclose(ours, theirs, atol=1e-5, rtol=0)
    assert not "".join(capfd.readouterr())


def test_a_result_without_differences_passes():
    assert SameTexts(images=3).require() == SameTexts(images=3)
