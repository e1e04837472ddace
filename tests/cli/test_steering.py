"""No verb prints what steers a terminal, wherever a text of somebody's comes from."""

import json
import re
import sys
from pathlib import Path

import pytest

from ctckit import cli
from tests.inference.tiny_model import metadata, write_image_in, write_model, write_run
from tests.test_terminal import STEERING, STEERS


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Work in a folder with a run and a set whose names, labels and metadata steer terminals."""
    monkeypatch.chdir(tmp_path)
    rows = []
    for number, text in enumerate(["2", "3", "45"]):
        name = f"{number}{STEERING}.png" if sys.platform == "linux" else f"{number}.png"
        write_image_in(Path("set"), name, text)
        rows.append({"image": name, "label": f"{text}{STEERING}x"})
    Path("set/cut.png").write_bytes(b"cut")
    rows.append({"image": "cut.png", "label": f"{STEERING}y"})
    text = "".join(json.dumps(row) + "\n" for row in rows)
    Path("set/labels.jsonl").write_text(text, encoding="utf-8")
    extra = {"dataset": STEERING, f"key{STEERING}": STEERING, "libraries": {STEERING: STEERING}}
    folder = write_run(Path("Models/stripes_20250101-120000"), [("2345", "2345")])
    strings = metadata().to_strings() | {key: json.dumps(value) for key, value in extra.items()}
    write_model(folder / "model.onnx", strings)


VERBS = [
    ["read", "set"],
    ["read", "set", "--json"],
    ["read", f"gone{STEERING}.png"],
    ["serve", f"gone{STEERING}.onnx"],
    ["serve", f"{STEERING}=gone.onnx"],
    ["evaluate", "--dataset", "set", "--json"],
    ["evaluate", "--dataset", f"gone{STEERING}"],
    ["describe", "Models/stripes_20250101-120000"],
    ["describe", "Models/stripes_20250101-120000", "--json"],
    ["describe", STEERING],
    ["data", "check", "set"],
    ["data", "check", "set", "--json"],
    ["data", "convert", "set", f"new{STEERING}.csv"],
    ["data", "preview", f"gone{STEERING}"],
    ["export", STEERING],
    ["base", "render", "drawn", "--fonts", STEERING],
    ["new", f"new{STEERING}"],
    [STEERING],
    ["read", f"--{STEERING}"],
    ["read", "--batch-size", STEERING],
    ["train", "--dataset", STEERING],
]


@pytest.mark.slow
@pytest.mark.parametrize("words", VERBS, ids=lambda words: ascii(" ".join(words))[1:30])
def test_no_verb_steers_the_terminal(run, monkeypatch, capsys, words):
    monkeypatch.setattr(sys, "argv", ["ctckit", *words])
    with pytest.raises(SystemExit):
        cli.main()
    printed = "".join(capsys.readouterr())
    assert not STEERS.search(printed)
    assert r"\x1b" in printed or r"\u001b" in printed
    assert not re.search(r"^CER 0.00%", printed, re.MULTILINE), "a text makes no line"


def test_files_hold_texts_as_they_are(run, call):
    call("read", "set", "--out", "texts.jsonl")
    lines = Path("texts.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
    names = {json.loads(line)["image"] for line in lines}
    assert names == {str(path) for path in Path("set").glob("*.png")}
