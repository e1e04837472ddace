"""Every verb runs without a network, and tries to reach nobody.

An audit hook sees each connection, name lookup and datagram of Python, in every process that a
command starts; where the system lets us, the command has a network of its own besides, with nobody
in it, for what is not Python.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ctckit.cli.verbs import VERBS
from ctckit.export.reader_form import export_reader
from ctckit.report.site.runtime import FILES
from ctckit.run_folder import RunFolder
from tests.drawing import draw_folder
from tests.inference.tiny_model import write_image_in, write_model, write_run
from tests.render.conftest import FONTS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
TINY = ("--train-epochs", "1", "--height", "16", "--width-multiplier", "0.25")
HOOK = """
import os, socket, sys

NETWORK = ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo",
           "socket.gethostbyname", "socket.gethostbyaddr")

def refuse(event, arguments):
    if event in NETWORK:
        if event == "socket.connect" and arguments[0].family == socket.AF_UNIX:
            return
        with open(os.environ["ASKED"], "a") as file:
            file.write(f"{event} {arguments}\\n")
        raise OSError(f"there is no network: {event}")

sys.addaudithook(refuse)
"""


@pytest.fixture
def lonely(tmp_path):
    """Run a program of Python in an empty folder, without a network; return what it asked for."""
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook" / "sitecustomize.py").write_text(HOOK)
    (tmp_path / "work").mkdir()
    asked = tmp_path / "asked.txt"
    asked.touch()

    def run(*words):
        environment = {
            key: value for key, value in os.environ.items() if "proxy" not in key.lower()
        }
        paths = os.pathsep.join(map(str, (tmp_path / "hook", ROOT)))
        done = subprocess.run(
            [*alone(), sys.executable, *map(str, words)],
            cwd=tmp_path / "work", env=environment | {"PYTHONPATH": paths, "ASKED": str(asked)},
            capture_output=True, text=True, timeout=500, check=False,
        )  # fmt: skip
        return done, asked.read_text()

    return run


def alone():
    """Return what runs a command in a network with nobody in it; nothing where that may not be."""
    unshare = ["unshare", "--map-root-user", "--net"]
    if not shutil.which(unshare[0]):
        return []
    tried = subprocess.run([*unshare, "true"], capture_output=True, check=False)
    return [] if tried.returncode else unshare


COMMANDS = {
    "train": [("train", "--dataset", "photos", *TINY), ("train", "--help")],
    "read": [("read", "new", "--json"), ("read", "new", "--out", "texts.csv")],
    "serve": [("serve", "--help")],  # tests/serve/test_process.py has it answer
    "evaluate": [("evaluate", "--json")],
    "describe": [("describe", "Models/stripes_20250101-120000")],
    "export": [("export", "Models/stripes_20250101-120000")],
    "page": [("page", "Models/stripes_20250101-120000", "--runtime", "web")],
    "label": [("label", "--help")],  # tests/cli/test_label.py lets it run
    "watch": [("watch", "--no-browser")],
    "data check": [("data", "check", "photos", "--page", "check.html")],
    "data preview": [("data", "preview", "photos", "--height", "16")],
    "data convert": [("data", "convert", "photos", "copy")],
    "data layouts": [("data", "layouts")],
    "base render": [("base", "render", "drawn", "--count", "2", "--fonts", str(FONTS))],
    "base train": [("base", "train", "--help")],  # it takes minutes
    "new": [("new", "mine")],
}


def test_every_verb_is_tried():
    assert COMMANDS.keys() == VERBS.keys()


@pytest.mark.parametrize(
    "words", [words for several in COMMANDS.values() for words in several], ids=" ".join
)
def test_a_verb_needs_no_network(lonely, tmp_path, words):
    work = tmp_path / "work"
    draw_folder(work / "photos", count=20)
    write_image_in(work / "new", "a.png", "22")
    run = write_run(work / "Models" / "stripes_20250101-120000", [("2345", "2345")])
    export_reader(run, run / "model.reader.onnx")
    RunFolder(run).progress.parent.mkdir(exist_ok=True)
    RunFolder(run).progress.touch()
    (work / "web").mkdir()
    for name in FILES:
        (work / "web" / name).touch()
    done, asked = lonely("-m", "ctckit", *words)
    assert done.returncode == 0, done.stderr
    assert not asked


def test_reading_leaves_nothing_behind_for_others_to_send(tmp_path):
    """Libraries that report what is done with them keep it in the home folder first."""
    model, image = write_model(tmp_path / "a.onnx"), write_image_in(tmp_path, "a.png", "22")
    home = tmp_path / "home"
    home.mkdir()
    hints = ("CI", "ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS")  # with which they do not
    environment = {key: value for key, value in os.environ.items()
                   if key not in hints and not key.startswith("XDG_")}  # fmt: skip
    subprocess.run(
        [sys.executable, "-m", "ctckit", "read", image, "--model", model], cwd=ROOT, check=True,
        env=environment | {"HOME": str(home)}, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    assert not list(home.rglob("*"))


@pytest.mark.parametrize(
    "script", [pytest.param("train.py", marks=pytest.mark.long), "inferenceModel.py"]
)
def test_a_script_needs_no_network(lonely, tmp_path, script):
    work = tmp_path / "work"
    draw_folder(work / "photos", count=20)
    write_run(work / "Models" / "stripes_20250101-120000", [("2345", "2345")])
    words = ("--dataset", "photos", *TINY) if script == "train.py" else ()
    done, asked = lonely(ROOT / script, *words)
    assert done.returncode == 0, done.stderr
    assert not asked


def test_without_a_dataset_one_server_is_asked_and_its_absence_borne(lonely):
    code = "from ctckit.sources import default_dataset; print(len(default_dataset('d').samples))"
    done, asked = lonely("-c", code)
    assert done.stdout.split() == ["1040"], done.stderr
    assert {line.split()[0] for line in asked.splitlines()} == {"socket.getaddrinfo"}
    assert "github.com" in asked


@pytest.mark.parametrize(
    "code",
    [
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import urllib.request; urllib.request.urlopen('http://name.invalid')",
        "import subprocess, sys; subprocess.run([sys.executable, '-c', "
        "'import socket; socket.gethostbyname(\"name.invalid\")'])",
    ],
)
def test_who_asks_is_seen(lonely, code):
    assert lonely("-c", code)[1]
