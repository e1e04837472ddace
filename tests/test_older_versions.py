"""What earlier versions of ctckit wrote is read by this one, with the same result.

`fixtures/version_0_1` was made by version 0.1.0 on drawn digits (`tests/drawing.py`), its
`expected.json` by the same version: what each file reads on each image.
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

FIXTURE = Path(__file__).parent / "fixtures" / "version_0_1"
RUN = FIXTURE / "run"
EXPECTED = json.loads((FIXTURE / "expected.json").read_text(encoding="utf-8"))
IMAGES = [FIXTURE / "images" / row["image"] for row in EXPECTED]


def expected(column: str) -> list:
    return [row[column] for row in EXPECTED]


@pytest.mark.parametrize("source", [RUN, RUN / "model.onnx"])
def test_model_reads_as_before(source):
    readings = ImageToWordModel(source).read(IMAGES)
    assert [reading.text for reading in readings] == expected("text")
    confidences = [reading.confidence for reading in readings]
    np.testing.assert_allclose(confidences, expected("confidence"), atol=1e-4)


def test_probabilities_are_as_before():
    model = ImageToWordModel(RUN)
    probabilities = model.predict_probabilities(np.stack([model.prepare(path) for path in IMAGES]))
    np.testing.assert_allclose(probabilities.max(axis=-1), expected("best"), atol=1e-4)


def test_smaller_form_reads_as_before():
    readings = ImageToWordModel(RUN / "model.float16.onnx").read(IMAGES)
    assert [reading.text for reading in readings] == expected("float16")


def test_constraint_reads_as_before():
    model = ImageToWordModel(RUN, constraint=Constraint(pattern="[23]*"))
    assert [model.predict(path) for path in IMAGES] == expected("pattern")


def test_reader_form_reads_as_before():
    session = ort.InferenceSession(str(RUN / "model.reader.onnx"))
    read = ImageReader(channels=session.get_inputs()[0].shape[-1])
    for path, row in zip(IMAGES, EXPECTED, strict=True):
        pixels, _ = read(path, "")
        texts, confidences = session.run(["text", "confidence"], {"image": pixels[None]})
        assert texts[0] == row["reader"]
        assert confidences[0] == pytest.approx(row["reader_confidence"], abs=1e-4)


def test_checkpoint_reads_as_before():
    network, model = keras.models.load_model(RUN / "model.keras"), ImageToWordModel(RUN)
    batch = np.stack([model.prepare(path) for path in IMAGES]).astype(np.float32)
    probabilities = np.asarray(network(batch, training=False))
    assert greedy_decode(probabilities, model.metadata.vocabulary)[0] == expected("keras")


def test_configuration_loads():
    configs = ModelConfigs.load(RUN)
    assert (configs.height, configs.width, configs.channels) == (32, 96, 3)
    assert (configs.vocab, configs.width_multiplier, configs.deterministic) == ("23456", 0.5, True)


def test_run_folder_is_judged(tmp_path):
    with (RUN / "val.csv").open(encoding="utf-8", newline="") as file:
        rows = [(FIXTURE / "images" / Path(image).name, label)
                for image, label in list(csv.reader(file))[1:]]  # fmt: skip
    labels = tmp_path / "val.csv"
    with labels.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("image", "label"), *rows])
    done = subprocess.run(
        [sys.executable, "inferenceModel.py", "--model", RUN, "--csv", labels, "--json"],
        cwd=Path(__file__).parent.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert (result["images"], result["misread"]) == (12, 0)
