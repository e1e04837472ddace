"""Models of the Hugging Face Hub; nothing leaves this machine."""

import http.server
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import ModuleType

import pytest

from ctckit import hub
from ctckit.errors import InputError
from ctckit.inference.reader import ImageToWordModel
from ctckit.inference.session import find_model_file
from ctckit.report.site.site import find_reader
from tests.inference import tiny_model


@pytest.fixture
def model(tmp_path):
    return tiny_model.write_model(tmp_path / "model.onnx")


@pytest.fixture
def asked(monkeypatch, model):
    """Let a stand-in for huggingface_hub give that model, and note what it was asked for."""
    calls = []

    def hf_hub_download(repo_id, filename, *, revision=None):
        calls.append((repo_id, filename, revision))
        if repo_id == "owner/gone":
            raise FileNotFoundError("404 Client Error.\n\nRepository Not Found")
        return str(model)

    package = ModuleType("huggingface_hub")
    package.hf_hub_download = hf_hub_download
    monkeypatch.setitem(sys.modules, "huggingface_hub", package)
    monkeypatch.setattr(hub, "find_spec", lambda name: name)
    return calls


@pytest.mark.parametrize(
    ("address", "request_"),
    [
        ("hf://owner/name", ("owner/name", "model.onnx", None)),
        (Path("hf://owner/name"), ("owner/name", "model.onnx", None)),  # has one slash left
        ("hf:\\owner\\name", ("owner/name", "model.onnx", None)),  # a path of Windows
        ("hf://owner/name@v1.0", ("owner/name", "model.onnx", "v1.0")),
        ("hf://o/n/member_1/model.onnx", ("o/n", "member_1/model.onnx", None)),
        ("hf://o/n@abc/small.onnx", ("o/n", "small.onnx", "abc")),
    ],
)
def test_addresses(asked, model, address, request_):
    assert find_model_file(address) == model
    assert asked == [request_]


@pytest.mark.parametrize("address", ["hf://", "hf://owner", "hf:///name", "hf:owner/name"])
def test_what_is_no_address(asked, address):
    with pytest.raises(InputError, match="expected an address such as hf://owner/name"):
        find_model_file(address)
    assert not asked


def test_a_model_of_the_hub_reads(asked):
    reader = ImageToWordModel("hf://owner/name")
    assert reader.predict(tiny_model.draw_stripes("2345")) == "2345"


def test_a_page_takes_the_reader_form(asked):
    with pytest.raises(InputError, match="received another form"):  # the stand-in has no other
        find_reader(Path("hf://owner/name"))
    assert asked == [("owner/name", "model.reader.onnx", None)]


def test_what_is_not_there_is_told_in_one_line(asked):
    with pytest.raises(InputError) as error:
        find_model_file("hf://owner/gone")
    assert str(error.value) == (
        "expected model.onnx of hf://owner/gone, received none (FileNotFoundError: 404 Client "
        "Error. Repository Not Found); correct the address, or log in by `hf auth login` if it is "
        "not public"
    )


def test_without_the_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(hub, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="without it; do: pip install huggingface_hub"):
        find_model_file("hf://owner/name")


def test_an_export_of_it_does_not_go_into_the_cache(asked, monkeypatch):
    from ctckit.cli.export import Export

    with pytest.raises(InputError, match="expected a file to write, received none; say one"):
        Export(Path("hf://owner/name")).run()


@pytest.mark.slow
def test_the_package_itself_and_a_stand_in_of_the_hub(model, tmp_path):
    pytest.importorskip("huggingface_hub")
    content = model.read_bytes()
    wanted = "/owner/name/resolve/main/model.onnx"

    class Hub(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:  # noqa: N802
            self.send_response(200 if self.path == wanted else 404)
            for name, value in {
                "Content-Length": len(content), "ETag": '"abc"', "X-Repo-Commit": "0" * 40,
            }.items():  # fmt: skip
                self.send_header(name, str(value))
            self.end_headers()

        def do_GET(self) -> None:  # noqa: N802
            self.do_HEAD()
            self.wfile.write(content)

        def log_message(self, *_) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    own = {"HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}", "HF_HOME": str(tmp_path / "hf"),
           "HF_HUB_DISABLE_XET": "1", "PYTHONPATH": str(Path(__file__).parents[1])}  # fmt: skip
    try:
        done = subprocess.run(
            [sys.executable, "-m", "ctckit", "describe", "hf://owner/name"],
            env=os.environ | own, cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
    finally:
        server.shutdown()
        server.server_close()
    assert done.returncode == 0, done.stderr
    assert "Form" in done.stdout and "stripes" in done.stdout
