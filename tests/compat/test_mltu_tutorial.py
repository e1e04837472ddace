"""The scripts of mltu's tutorial run to their end."""

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from ctckit.compat.mltu import ImageToWordModel
from tests.drawing import CHARACTERS, draw_folder

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "examples" / "mltu_tutorial"


@pytest.mark.slow
def test_both_scripts_run_and_leave_their_files(tmp_path):
    draw_folder(tmp_path / "Datasets" / "captcha_images_v2", count=12)
    for script in TUTORIAL.glob("*.py"):
        shutil.copy(script, tmp_path)
    configs = tmp_path / "configs.py"
    configs.write_text(configs.read_text().replace("train_epochs = 1000", "train_epochs = 2"))

    run_script(tmp_path, "train.py")
    (run,) = (tmp_path / "Models" / "captcha_to_text").iterdir()
    names = {"model.keras", "model.onnx", "train.csv", "val.csv", "logs", "logs.log",
             "configs.yaml"}  # fmt: skip
    assert {path.name for path in run.iterdir()} == names
    facts = yaml.safe_load((run / "configs.yaml").read_text())
    assert (facts["vocab"], facts["max_text_length"]) == (CHARACTERS, 4)
    with (run / "val.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 1

    told = run_script(tmp_path, "inferenceModel.py")
    text = ImageToWordModel(str(run), CHARACTERS).predict(rows[0]["image"])
    assert f"Label: {rows[0]['label']}, Prediction: {text}, CER:" in told
    assert "Average CER: " in told


def run_script(folder: Path, name: str) -> str:
    done = subprocess.run(
        [sys.executable, name],
        cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not done.returncode, done.stderr[-3000:]
    return done.stdout
