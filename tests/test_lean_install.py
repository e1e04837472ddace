"""`pip install .` alone reads images: in an empty environment, from a copied `.onnx` file."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.inference.tiny_model import write_image_in, write_model, write_run

ROOT = Path(__file__).parents[1]
NOT_NEEDED = ("tensorflow", "keras", "pandas", "mltu", "onnx", "matplotlib")
pytestmark = pytest.mark.slow
LARGEST_MB = 430  # OpenCV and onnxruntime with their libraries are 270 of them


@pytest.fixture(scope="module")
def environment(tmp_path_factory) -> Path:
    """Return the folder of a virtual environment with the package alone."""
    folder = tmp_path_factory.mktemp("lean")
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    venv = folder / "venv"
    done = subprocess.run(
        [_program(venv, "python"), "-m", "pip", "install", "--quiet", ROOT],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode and "No matching distribution" in done.stderr:
        pytest.skip(f"no package index can be reached: {done.stderr.splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    return venv


def _program(venv: Path, name: str) -> str:
    folder = "Scripts" if os.name == "nt" else "bin"
    return str(venv / folder / name)


def test_reads_from_the_command_line_and_from_python(environment, tmp_path):
    model = write_model(tmp_path / "mine.onnx")
    image = write_image_in(tmp_path, "a.png", "2345")
    by_command = [_program(environment, "ctckit"), "read", image, "--model", model]
    code = (
        "import sys\n"
        "from ctckit.inference import ImageToWordModel\n"
        f"print(ImageToWordModel({str(model)!r}).predict({str(image)!r}))\n"
        f"assert not set({NOT_NEEDED!r}) & set(sys.modules)\n"
    )
    for words, column in ((by_command, 1), ([_program(environment, "python"), "-c", code], 0)):
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        assert done.stdout.strip().split("\t")[column] == "2345"


def test_reports_and_describes(environment, tmp_path):
    run = write_run(tmp_path / "Models" / "stripes_20250101-120000", [("22", "22")])
    for words in (["evaluate", "--model", run], ["describe", run], ["--version"]):
        done = subprocess.run(
            [_program(environment, "ctckit"), *words],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert (run / "report" / "evaluation.html").stat().st_size > 1000


def test_it_is_lean(environment):
    listed = subprocess.run(
        [_program(environment, "python"), "-m", "pip", "list", "--format=freeze"],
        capture_output=True, text=True, check=True,
    ).stdout.lower()  # fmt: skip
    assert not [name for name in NOT_NEEDED if f"\n{name}==" in f"\n{listed}"]
    size = sum(file.stat().st_size for file in environment.rglob("*") if file.is_file())
    assert size < LARGEST_MB * 1e6
