import asyncio

import pytest
from fastapi.testclient import TestClient

from ctckit.inference.reader import ImageToWordModel
from ctckit.serve import Settings, make_app
from tests.drawing import write_image
from tests.inference.tiny_model import draw_stripes, write_model


@pytest.fixture(scope="session")
def reader(tmp_path_factory):
    """A model that reads stripes, each image at its own width."""
    path = tmp_path_factory.mktemp("served") / "stripes.onnx"
    return ImageToWordModel(write_model(path, free_width=True), num_threads=2)


@pytest.fixture(scope="session")
def other_reader(tmp_path_factory):
    path = tmp_path_factory.mktemp("served") / "others.onnx"
    return ImageToWordModel(write_model(path), num_threads=1)


@pytest.fixture
def client(reader, other_reader):
    """Make a client of a server with the settings that are given."""
    opened = []

    def make(**settings):
        app = make_app({"stripes": reader, "others": other_reader}, Settings(**settings))
        opened.append(TestClient(app, base_url="http://127.0.0.1:8000"))
        return opened[-1].__enter__()

    yield make
    for one in opened:
        one.__exit__(None, None, None)


@pytest.fixture
def png(tmp_path):
    """Make the bytes of an image."""

    def draw(text, width=40):
        return write_image(tmp_path / f"{text}.png", draw_stripes(text, width)).read_bytes()

    return draw


def run(coroutine, seconds=20):
    """Run a coroutine; it ends in error rather than never."""
    return asyncio.run(asyncio.wait_for(coroutine, seconds))
