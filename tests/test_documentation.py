"""What the pages say can be typed: every block of code is run or parsed, or says why it is not."""

import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from configs import ModelConfigs
from ctckit import base
from ctckit.cli.arguments import given_values, parse_arguments
from ctckit.cli.inference_flags import InferenceFlags
from ctckit.cli.training import _RunFlags
from ctckit.cli.verbs import VERBS
from tests.drawing import draw_folder

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "ctckit/base/README.md",
    ROOT / "ctckit/base/large/README.md",
    ROOT / "Models/README.md",
]  # fmt: skip
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
PROGRAM = re.compile(
    r"(ctckit|make|python (train\.py|inferenceModel\.py|-m (benchmarks|tests)\.))\b"
)
BEHIND = re.compile(r"\s{2,}.*| > \S+$| && .*")  # what a line tells besides, or does besides
NUM_UNTESTED = 23  # blocks: more of them need a reason as good
UNTESTED = {  # blocks by their first line, and why nothing is done with them
    "pip install": "installs; the checks of every change do it",
    "mkdir fonts words": "downloads 235 packages and trains for hours",
    "for manner in": "downloads 650 packages",
    "def find_pairs(": "a part of a file; tests/test_packaging.py tries such a change",
    "class RandomInvert(": "a part of a file",
    "forms: ClassVar": "a part of a file",
    "def columns(": "a part of a file",
    '"count": Verb(': "a part of a file",
    "@dataclass(frozen=True)": "a part of a file",
    "raise InputError(": "a line of a function",
    "everything = [": "a part of a file",
    "import keras": "compares two trainings of the commands before it",
    "curl -H": "asks a server; tests/serve/test_read.py does",
    "import tritonclient": "needs a package of many parts; tests/serve/test_inference_protocol.py",
    "docker build": "needs a container engine; the page says how its steps were tried",
    "TF_CONFIG=": "starts two processes; tests/training/test_devices.py does",
    "#!/bin/bash": "needs Slurm",
    "apiVersion": "needs Kubernetes",
    "const session": "JavaScript; tests of the reader form run examples/read_image.mjs",
}
SHOWN = (  # pictures in characters: nothing to type
    "train.py  model.py", "--dataset →", "address →", "seed, number", "Item →", "layout ",
    '{"model"',  # what a server answers
)  # fmt: skip


class Block(NamedTuple):
    """A block of code of a page, and the line it begins in."""

    page: Path
    line: int
    language: str
    text: str

    @property
    def kind(self) -> str:
        first = self.text.strip().splitlines()[0].strip()
        if any(first.startswith(begin) for begin in UNTESTED):
            return "untested"
        if any(first.startswith(begin) for begin in SHOWN):
            return "shown"
        return self.language or "commands"


def blocks() -> list[Block]:
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for match in FENCE.finditer(text):
            found.append(Block(page, text[: match.start()].count("\n") + 1, *match.groups()))
    return found


BLOCKS = blocks()


def of_kind(kind):
    chosen = [block for block in BLOCKS if block.kind == kind]
    return pytest.mark.parametrize(
        "block", chosen, ids=[f"{block.page.name}:{block.line}" for block in chosen]
    )


def test_every_block_is_of_a_kind():
    kinds = Counter(block.kind for block in BLOCKS)
    assert set(kinds) == {"commands", "python", "shown", "untested"}
    assert kinds["untested"] == NUM_UNTESTED
    assert kinds["commands"] > 30 and kinds["python"] >= 8


@pytest.mark.slow
@of_kind("commands")
def test_commands_can_be_typed(block):
    """Verbs, flags and values are checked as the program does it; nothing is done."""
    lines = [line for line in block.text.splitlines() if line.strip() and line[0] != " "]
    for line in lines:
        assert PROGRAM.match(line), line
        parse(shlex.split(BEHIND.sub("", line)))


def parse(words: list[str]) -> None:
    program, *rest = words
    if program == "make":
        assert re.search(rf"^{rest[0]}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
    elif program == "ctckit":
        name = " ".join(rest[:2]) if " ".join(rest[:2]) in VERBS else rest[0]
        parse_verb(name, rest[len(name.split()) :])
    elif rest[0] == "train.py":
        parse_verb("train", rest[1:])
    elif rest[0] == "inferenceModel.py":
        parse_arguments(InferenceFlags, prog="", description="", arguments=rest[1:])
    elif rest[1].startswith("tests."):
        assert (ROOT / f"{rest[1].replace('.', '/')}.py").is_file()
    else:
        of_module = import_module(rest[1]).Arguments
        parse_arguments(of_module, prog="", description="", arguments=rest[2:])


def parse_verb(name: str, words: list[str]) -> None:
    if name == "train":
        given = given_values([ModelConfigs, _RunFlags], prog="", description="", arguments=words)
        names = {"config", "resume", "json"}
        ModelConfigs(**{key: value for key, value in given.items() if key not in names})
        return
    verb = VERBS[name]
    command = getattr(import_module(f"ctckit.cli.{verb.module}"), verb.name)
    parse_arguments(command, prog="", description="", arguments=words)


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """Stand in a folder where all is that the pages speak of."""
    monkeypatch.chdir(tmp_path)
    run = tmp_path / "Models" / "captcha_20250101-120000"
    shutil.copytree(ROOT / "tests/fixtures/version_0_4/run", run)
    shutil.copy(base.FOLDER / "model.onnx", tmp_path)  # which knows all characters
    shutil.copy(run / "model.reader.onnx", tmp_path)
    draw_folder(tmp_path / "photos", count=40)
    for place, name in enumerate(("captcha.png", "a.png", "b.png")):
        shutil.copy(sorted((tmp_path / "photos").iterdir())[place], tmp_path / name)
    return run


@pytest.mark.slow
@of_kind("python")
def test_python_runs(block, workplace):
    from ctckit.inference import ImageToWordModel
    from ctckit.sources import open_dataset

    reader = ImageToWordModel("model.onnx")
    known = {
        "batch": np.float32(reader.prepare("captcha.png"))[None],
        "run": workplace,
        "validation_samples": open_dataset("photos").samples,
    }
    if "model.tflite" in block.text:
        write_tflite(workplace)
        known["image"] = ImageToWordModel(workplace).prepare("captcha.png")
    exec(compile(block.text, f"{block.page.name}:{block.line}", "exec"), known)  # noqa: S102


def write_tflite(run: Path) -> None:
    import keras

    from ctckit.export import to_tflite
    from ctckit.inference import OnnxInferenceModel

    network = keras.models.load_model(run / "model.keras")
    Path("model.tflite").write_bytes(to_tflite(network, OnnxInferenceModel(run).metadata, [256]))


@pytest.mark.slow
def test_the_site_is_built_without_a_warning(tmp_path):
    """Links and anchors are checked, and that all that is offered has a docstring it can read."""
    result = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path / "site"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    reference = (tmp_path / "site/api/ctckit.inference/index.html").read_text(encoding="utf-8")
    assert "ImageToWordModel" in reference
    start = (tmp_path / "site/index.html").read_text(encoding="utf-8")
    assert 'src="http' not in start and 'rel="stylesheet" href="http' not in start
