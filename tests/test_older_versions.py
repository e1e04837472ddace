"""What earlier versions of ctckit wrote is read by this one, with the same result.

Each folder in `fixtures` was made by the version it is named after on drawn digits
(`tests/drawing.py`), its `expected.json` by the same version: what each file reads on each image.
That of 0.4 is of images that keep their own widths.
"""

import csv
import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import onnxruntime as ort
import pytest

from configs import ModelConfigs
from ctckit.image.decode import ImageReader
from ctckit.inference.reader import ImageToWordModel
from ctckit.text.constrained.constraint import Constraint
from ctckit.text.greedy import greedy_decode

FIXTURES = Path(__file__).parent / "fixtures"


class Version:
    """What a version wrote, and read in it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.run = folder, folder / "run"
        self._rows = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
        self.images = [folder / "images" / row["image"] for row in self._rows]

    def expected(self, column: str) -> list:
        return [row[column] for row in self._rows]


@pytest.fixture(params=sorted(path.name for path in FIXTURES.iterdir()))
def version(request) -> Version:
    return Version(FIXTURES / request.param)


@pytest.mark.parametrize("file", [".", "model.onnx"])
def test_model_reads_as_before(version, file):
    readings = ImageToWordModel(version.run / file).read(version.images)
    assert [reading.text for reading in readings] == version.expected("text")
    confidences = [reading.confidence for reading in readings]
    np.testing.assert_allclose(confidences, version.expected("confidence"), atol=1e-4)


def test_probabilities_are_as_before(version):
    model = ImageToWordModel(version.run)
    for path, best in zip(version.images, version.expected("best"), strict=True):
        [probabilities] = model.predict_probabilities(model.prepare(path)[None])
        np.testing.assert_allclose(probabilities.max(axis=-1), best, atol=1e-4)


def test_smaller_form_reads_as_before(version):
    readings = ImageToWordModel(version.run / "model.float16.onnx").read(version.images)
    assert [reading.text for reading in readings] == version.expected("float16")


def test_constraint_reads_as_before(version):
    model = ImageToWordModel(version.run, constraint=Constraint(pattern="[23]*"))
    assert [model.predict(path) for path in version.images] == version.expected("pattern")


def test_reader_form_reads_as_before(version):
    session = ort.InferenceSession(str(version.run / "model.reader.onnx"))
    read = ImageReader(channels=session.get_inputs()[0].shape[-1])
    expected = zip(version.expected("reader"), version.expected("reader_confidence"), strict=True)
    for path, (text, confidence) in zip(version.images, expected, strict=True):
        pixels, _ = read(path, "")
        texts, confidences = session.run(["text", "confidence"], {"image": pixels[None]})
        assert texts[0] == text
        assert confidences[0] == pytest.approx(confidence, abs=1e-4)


def test_checkpoint_reads_as_before(version):
    model = ImageToWordModel(version.run)
    network = keras.models.load_model(version.run / "model.keras")
    for path, text in zip(version.images, version.expected("keras"), strict=True):
        probabilities = network(model.prepare(path)[None].astype(np.float32), training=False)
        assert greedy_decode(np.asarray(probabilities), model.metadata.vocabulary)[0] == [text]


@pytest.mark.parametrize(
    ("name", "form", "others"),
    [
        ("version_0_1", (32, 96, 3), (0.5, 20, "light")),
        ("version_0_4", (32, "auto", 1), (0.25, 40, "growing")),
    ],
)
def test_configuration_loads(name, form, others):
    configs = ModelConfigs.load(FIXTURES / name / "run")
    assert (configs.height, configs.width, configs.channels) == form
    assert (configs.width_multiplier, configs.train_epochs, configs.augment) == others
    assert (configs.vocab, configs.deterministic) == ("23456", True)


def test_run_folder_is_judged(version, tmp_path):
    with (version.run / "val.csv").open(encoding="utf-8", newline="") as file:
        rows = [(version.folder / "images" / Path(image).name, label)
                for image, label in list(csv.reader(file))[1:]]  # fmt: skip
    labels = tmp_path / "val.csv"
    with labels.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("image", "label"), *rows])
    done = subprocess.run(
        [sys.executable, "inferenceModel.py", "--model", version.run, "--csv", labels, "--json"],
        cwd=Path(__file__).parent.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert (result["images"], result["misread"]) == (len(rows), 0)
