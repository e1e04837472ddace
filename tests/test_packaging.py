"""From a wheel, an sdist and a working copy: one command, one recipe, no module called train."""

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from ctckit.cli import new
from ctckit.cli.recipe import NOTES, SCRIPTS, recipe_folder
from tests.drawing import draw_folder

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
TINY = ("--train-epochs", "1", "--height", "16", "--width-multiplier", "0.25", "--json")


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """Return a folder with an sdist, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT],
        check=True, capture_output=True, cwd=folder,
    )  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory) -> Path:
    """Return a folder with what the wheel installs, less what it needs."""
    folder = tmp_path_factory.mktemp("site")
    (wheel,) = built.glob("*.whl")
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder, wheel],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder


@pytest.fixture
def ctckit(installed, tmp_path):
    """Run `python -m ctckit …` of the wheel in an empty folder."""

    def run(*words: object, cwd: Path = tmp_path) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-m", "ctckit", *map(str, words)],
            cwd=cwd, env=os.environ | {"PYTHONPATH": str(installed)},
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip

    return run


def test_wheel_holds_the_recipe_of_the_root_and_offers_only_ctckit(built, installed):
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        for name in (*SCRIPTS, *NOTES):
            assert archive.read(f"ctckit/recipe/{name}") == (ROOT / name).read_bytes()
        base = {"model.keras", "model.onnx", "configs.yaml", "README.md", "fonts.csv"}
        assert {"ctckit/py.typed", *(f"ctckit/base/{name}" for name in base)} <= {
            *archive.namelist()
        }
    offered = {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")}
    assert offered <= {"ctckit", "bin"}


def test_sdist_holds_all_that_the_wheel_needs(built):
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {*SCRIPTS, *NOTES, "setup.py", "pyproject.toml", "ctckit/text/__init__.pyi"} <= names


def test_the_working_copy_is_its_own_recipe():
    assert recipe_folder() == ROOT


def test_train_in_an_empty_folder_then_evaluate(ctckit, tmp_path):
    draw_folder(tmp_path / "photos", count=20)
    done = ctckit("train", "--dataset", "photos", *TINY)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert (tmp_path / result["onnx"]).is_file()
    assert "Next         ctckit evaluate --model" in done.stdout
    done = ctckit("evaluate", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["WER"] == pytest.approx(result["val_WER"])
    assert {path.name for path in tmp_path.iterdir()} == {"photos", "Models"}


def test_train_has_the_help_of_the_recipe(ctckit):
    done = ctckit("train", "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("usage: ctckit train ")
    assert "--width-multiplier" in done.stdout


def test_a_folder_with_its_own_recipe_is_left_to_it(ctckit, tmp_path):
    (tmp_path / "train.py").write_text("raise SystemExit('never run')\n")
    done = ctckit("train")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1 and "python train.py" in done.stderr


def test_new_makes_a_folder_that_trains_and_may_be_edited(ctckit, installed, tmp_path):
    assert ctckit("new", "mine").returncode == 0
    mine = tmp_path / "mine"
    assert all((mine / name).is_file() for name in (*SCRIPTS, *NOTES, "requirements.txt"))
    assert ctckit("new", "mine").returncode == 2, "nothing is written over"
    configs = (mine / "configs.py").read_text().replace("height: int = 50", "height: int = 16")
    (mine / "configs.py").write_text(configs)
    draw_folder(mine / "photos", count=20)
    done = subprocess.run(
        [sys.executable, "train.py", "--dataset", "photos", *(TINY[:2] + TINY[4:])],
        cwd=mine, env=os.environ | {"PYTHONPATH": str(installed)},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "images 16 x" in done.stderr
    assert "Next         python inferenceModel.py" in done.stdout


@pytest.mark.parametrize(
    ("origin", "line"),
    [
        (None, "ctckit[train]==1.2.3"),
        ({"url": "file:///x/ctckit-1.2.3-py3-none-any.whl", "archive_info": {}},
         "ctckit[train] @ file:///x/ctckit-1.2.3-py3-none-any.whl"),
        ({"url": "file:///x/my%20copy", "dir_info": {"editable": True}}, "-e /x/my copy[train]"),
        ({"url": "file:///x/copy", "dir_info": {}}, "ctckit[train] @ file:///x/copy"),
    ],
)  # fmt: skip
def test_requirements_of_a_new_folder_name_where_ctckit_came_from(monkeypatch, origin, line):
    class Installed:
        version = "1.2.3"

        def read_text(self, name: str) -> str | None:
            assert name == "direct_url.json"
            return None if origin is None else json.dumps(origin)

    monkeypatch.setattr(new, "distribution", lambda name: Installed())
    *comments, last = new.requirements().splitlines()
    assert last == line and all(comment.startswith("#") for comment in comments)
