"""The command `ctckit`, in this process."""

import json
from pathlib import Path

import pytest

from ctckit.cli.verbs import VERBS
from tests.inference.tiny_model import write_run


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return write_run(Path("Models/stripes_20250101-120000"), [("2345", "2345"), ("22", "23")])


def test_read(run, call):
    images = sorted((run / "images").iterdir())
    status, lines, _ = call("read", *images, "--model", run)
    assert status == 0
    assert [line.split("\t")[1] for line in lines] == ["2345", "22"]


def test_read_names_what_cannot_be_read(run, call):
    status, lines, said = call("read", "gone.png", run / "images" / "0.png", "--json")
    assert status == 1 and "gone.png" in said
    assert json.loads(lines[-1])["images"] == 1


def test_evaluate(run, call):
    status, lines, _ = call("evaluate", "--model", run, "--json")
    assert status == 0 and lines[0].startswith("CER            16.67%")
    assert json.loads(lines[-1])["misread"] == 1
    assert (run / "report" / "evaluation.html").is_file()


def test_describe(run, call):
    status, lines, _ = call("describe", run / "model.onnx")
    assert status == 0 and any(line.startswith("Reads") for line in lines)


@pytest.mark.parametrize("words", [(), ("--help",), ("-h",)])
def test_help_lists_the_commands(call, words):
    status, lines, _ = call(*words)
    assert status == 0
    assert all(f"ctckit {name}" in "\n".join(lines) for name in VERBS)


def test_each_command_has_a_help(call):
    for name in VERBS.keys() - {"train"}:
        status, lines, _ = call(*name.split(), "--help")
        assert not status and f"ctckit {name}" in lines[0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["raed"], "received 'raed'. Did you mean 'read'?"),
        (["read"], "expected at least one image file to read"),
        (["read", "--images", "a.png"], "unknown flag '--images'."),
        (["describe"], "expected an .onnx file or the folder of a run"),
        (["export"], "expected an .onnx file or the folder of a run"),
        (
            ["export", "Models", "--form", "int16"],
            "--form: expected one of reader, float16, int8, tflite",
        ),
        (["new"], "expected the name of a folder"),
        (["read", "--modl", "a.onnx"], "Did you mean '--model'"),
        (["read", "a.png", "--modle", "x"], "Did you mean '--model'?"),
        (["describe", "gone.onnx"], "gone.onnx: expected a model file"),
        (["evaluate", "--batch-size", "0"], "--batch-size: expected 1 or more"),
    ],
)
def test_bad_input_gives_one_line_and_status_2(run, call, words, message):
    status, lines, said = call(*words)
    assert (status, lines) == (2, [])
    assert said.startswith("error: ") and said.count("\n") == 1
    assert message in said
