"""`ctckit serve`: what it refuses before it listens."""

import socket
from pathlib import Path

import pytest

from ctckit.cli import running
from tests.inference.tiny_model import write_run


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CTCKIT_TOKEN", raising=False)
    return write_run(Path("Models/stripes_20250101-120000"), [("2345", "2345")])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--host", "0.0.0.0"], "--host: expected a --token, or CTCKIT_TOKEN, where others can"),
        (["--host", "::"], "--host: expected a --token"),
        (["--host", "0.0.0.0", "--token", ""], "--token: expected a token without blanks"),
        (["gone.onnx"], "gone.onnx: expected a model file"),
        (["a=gone.onnx"], "gone.onnx: expected a model file"),
        (["Models/stripes_20250101-120000", "Models/../Models/stripes_20250101-120000"],
         "of different names"),
        (["--port", "65536"], "--port: expected 0 to 65535"),
        (["--model", "a.onnx"], "unknown flag '--model'"),
        (["--memory-mb", "-1"], "--memory-mb: expected 0 or more"),
        (["--max-queue", "1"], "--max-queue: expected room"),
        (["--batch-size", "0"], "--batch-size: expected 1 or more"),
        (["--host", "192.0.2.1", "--token", "a"], "expected an address and a port that are free"),
    ],
)  # fmt: skip
def test_bad_input_gives_one_line(run, call, words, message):
    status, lines, said = call("serve", *words)
    assert (status, lines) == (2, []) and said.startswith("error: ") and said.count("\n") == 1
    assert message in said


def test_a_port_that_is_taken(run, call):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        status, _, said = call("serve", "--port", taken.getsockname()[1])
    assert status == 2 and "expected an address and a port that are free here" in said


def test_without_the_packages(run, call, monkeypatch):
    monkeypatch.setattr(running, "find_spec", lambda name: None if name == "uvicorn" else name)
    status, _, said = call("serve")
    assert status == 2 and said == (
        "error: expected the packages of ctckit[serve], received an installation without uvicorn; "
        "do: pip install 'ctckit[serve]'\n"
    )
