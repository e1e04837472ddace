"""`ctckit page`, in this process; what it makes is tried in tests/report."""

from pathlib import Path

import pytest

from ctckit.cli import page
from ctckit.export.reader_form import export_reader
from ctckit.report.site.runtime import FILES
from tests.inference.tiny_model import write_run


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = write_run(Path("run"), [(text, text) for text in ["22", "345", "5"]])
    export_reader(run, run / "model.reader.onnx")
    Path("web").mkdir()
    for name in FILES:
        Path("web", name).write_text("not run here")
    return run


@pytest.mark.parametrize("source", ["run", "run/model.reader.onnx"])
def test_a_page(run, call, source):
    status, said, _ = call("page", source, "--runtime", "web", "--title", "Meters")
    assert not status
    assert said[0].startswith("site  11 files, ")
    assert said[1:] == [
        "3 images of the run are in it for all to see; --examples 0 leaves them out",
        "Look at it   python -m http.server --directory site",
        f"Publish it   as {Path('site/README.md')} says",
    ]
    assert "<title>Meters</title>" in Path("site/index.html").read_text("utf-8")


def test_a_page_without_examples(run, call):
    words = ["--runtime", "web", "--out", "new/my site", "--examples", "0"]
    status, said, _ = call("page", run, *words)
    assert not status and len(said) == 3
    assert said[1].endswith("--directory 'new/my site'")
    assert not Path("new/my site/examples").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "expected a model.reader.onnx or the folder of a run, received none"),
        (["gone.onnx"], "gone.onnx: expected a model file"),
        (["run/model.onnx"], "expected a reader form"),
        (["run", "--examples", "-1"], "--examples: expected 0 or more, received -1"),
        (["run", "--runtime", "run"], "--runtime: expected a folder with"),
        (["run", "--out", "run"], "expected a place that is free"),
    ],
)
def test_bad_input(run, call, words, message):
    status, said, error = call("page", *words)
    assert (status, said) == (2, [])
    assert message in error and error.count("\n") == 1


def test_without_requests_it_says_what_to_do(run, call, monkeypatch):
    monkeypatch.setattr(page, "find_spec", lambda name: None)
    status, _, error = call("page", run)
    assert status == 2 and "do: pip install requests, or give onnxruntime-web by --runtime" in error
