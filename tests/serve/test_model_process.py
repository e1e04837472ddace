"""A model in a process of its own: what it reads, and what becomes of it."""

import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from ctckit.errors import InputError
from ctckit.inference.reader import ImageToWordModel
from ctckit.serve import Settings, make_app
from ctckit.serve import process as module
from ctckit.serve.process import ModelProcess, UnavailableError
from ctckit.serve.reading import Asked, Found
from ctckit.text.constrained.constraint import Constraint
from tests.inference.tiny_model import write_model

ROOT = Path(__file__).parents[2]
PATIENCE_S = 30
DEADLY = b"deadly"
ENDLESS = b"endless"
GREEDY = b"greedy"


class _Fragile(ImageToWordModel):
    """A model that has an answer to some images that no model should have."""

    def prepare(self, image):
        end = image[-9:] if isinstance(image, bytes) else b""
        if end.endswith(DEADLY):
            os._exit(9)
        if end.endswith(ENDLESS):
            time.sleep(1000)
        if end.endswith(GREEDY):
            bytearray(10**9)
        return super().prepare(image)


def open_after(path, flag):
    """Open a model once, and never again."""
    if flag.exists():
        raise InputError("expected a model, received none")
    flag.touch()
    return ImageToWordModel(path, num_threads=1)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("process") / "stripes.onnx", free_width=True)


@pytest.fixture(scope="module")
def fragile(path):
    opened = ModelProcess(
        "fragile", partial(_Fragile, path, num_threads=2), num_threads=2, max_pixels=10**6,
        memory_mb=1200, time_limit_s=2,
    )  # fmt: skip
    with closing(opened):
        yield opened


def texts(answers):
    return [one.reading.text if isinstance(one, Found) else str(one) for one in answers]


def pid_of(process):
    return process._process._process.pid


def test_it_reads_as_the_model_does_here(fragile, reader, png):
    asked = [Asked(png(text, width)) for text, width in (("22", 40), ("345", 90), ("5", 40))]
    asked.append(Asked(png("2345"), fragile.constraint({"length": (3, 3)})))
    here = module.LoadedModel(reader, 10**6)
    assert fragile.read(asked) == here.read(asked)
    assert asked[-1].constraint == Constraint(length=(3, 3))


def test_what_cannot_be_is_told_as_here(fragile, png):
    with pytest.raises(InputError, match="lexicon"):
        fragile.constraint({"lexicon": ["x" * 200_000]})
    assert fragile.constraint({}) is None
    broken, good = fragile.read([Asked(b"no image"), Asked(png("22"))])
    assert "not an image" in str(broken) and good.reading.text == "22"


@pytest.mark.parametrize("deadly", [DEADLY, GREEDY])
def test_an_image_that_ends_it_takes_no_other_with_it(fragile, png, caplog, deadly):
    if deadly == GREEDY and sys.platform != "linux":
        pytest.skip("memory is limited by Linux only")
    before = pid_of(fragile)
    asked = [Asked(png("22")), Asked(png("5") + deadly), Asked(png("345"))]
    assert texts(fragile.read(asked)) == [
        "22", "cannot read the given image: the model's process ended at it", "345",
    ]  # fmt: skip
    assert pid_of(fragile) != before
    assert "the process of model fragile has ended, maybe for want of memory: it may have 1200 MB (--memory-mb); starting another" in caplog.text  # fmt: skip # noqa: E501


def test_one_that_was_killed_between_two_images(fragile, png):
    before = pid_of(fragile)
    os.kill(before, signal.SIGKILL)
    assert texts(fragile.read([Asked(png("22"))] * 2)) == ["22", "22"]
    assert pid_of(fragile) != before


def test_one_that_takes_too_long_is_ended(fragile, png):
    with pytest.raises(UnavailableError):
        fragile.read([Asked(png("5") + ENDLESS), Asked(png("22"))])
    assert texts(fragile.read([Asked(png("22"))])) == ["22"]


def test_requests_to_one_that_does_not_come_back(path, png, tmp_path, caplog):
    opened = ModelProcess(
        "once", partial(open_after, path, tmp_path / "flag"), num_threads=1, max_pixels=10**6
    )
    app = make_app({"once": opened}, Settings())
    image = {"content-type": "image/png"}
    with TestClient(app, base_url="http://127.0.0.1") as client:
        assert client.post("/read", content=png("22"), headers=image).status_code == 200
        os.kill(pid_of(opened), signal.SIGKILL)
        for _ in range(2):
            answer = client.post("/read", content=png("22"), headers=image)
            assert answer.status_code == 503 and answer.headers["retry-after"] == "1"
            assert answer.json()["error"].startswith("expected the model to answer")
        assert "model once: expected a model, received none" in caplog.text
        (tmp_path / "flag").unlink()
        assert client.post("/read", content=png("22"), headers=image).status_code == 200
    assert not opened._process._process.is_alive()


def test_a_model_that_cannot_be_loaded(tmp_path):
    with pytest.raises(InputError, match="none.onnx: expected a model file"):
        ModelProcess(
            "none", partial(ImageToWordModel, tmp_path / "none.onnx"), num_threads=1, max_pixels=1
        )


def test_a_model_that_takes_too_much_to_be_loaded(path):
    with pytest.raises(
        InputError, match=r"process has ended, maybe .* 20 MB \(--memory-mb\); allow"
    ):
        ModelProcess(
            "large", partial(ImageToWordModel, path), num_threads=1, max_pixels=1, memory_mb=20
        )


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_it_ends_with_a_server_that_is_killed(path):
    words = [sys.executable, "-m", "ctckit", "serve", str(path), "--port", "0"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, text=True) as started:
        started.stderr.readline()
        started.stderr.readline()
        children = Path(f"/proc/{started.pid}/task/{started.pid}/children").read_text().split()
        assert children
        started.kill()
    began = time.monotonic()
    while left := [child for child in children if _is_alive(int(child))]:
        assert time.monotonic() - began < PATIENCE_S, left
        time.sleep(0.05)


def _is_alive(pid):
    try:
        return "zombie" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
