"""Whatever the image: its text is the same through Python, the command line and the reader form."""

import csv
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from unittest.mock import patch

import cv2
import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctckit import cli
from ctckit.export.reader_form import export_reader
from ctckit.inference.reader import ImageToWordModel
from tests.drawing import write_image
from tests.inference.tiny_model import CHARACTERS, draw_stripes, write_model


class Drawn(NamedTuple):
    """An image: its text, how often pixels are repeated both ways, and what its file is like."""

    text: str
    scale: int
    channels: int
    suffix: str

    def pixels(self) -> np.ndarray:
        """Return the image, uint8 (H, W) or (H, W, 3)."""
        image = np.kron(draw_stripes(self.text), np.ones((self.scale, self.scale), np.uint8))
        return cv2.cvtColor(image, cv2.COLOR_GRAY2BGR) if self.channels == 3 else image


IMAGES = st.lists(
    st.builds(
        Drawn,
        st.text(CHARACTERS, max_size=7),
        st.integers(1, 6),
        st.sampled_from([1, 3]),
        st.sampled_from([".png", ".bmp", ".tiff"]),
    ),
    min_size=1, max_size=6,
)  # fmt: skip


@pytest.fixture(scope="module", params=[False, True], ids=["fixed width", "free width"])
def model(request, tmp_path_factory):
    """Return a file of either form of width, opened, and its reader form."""
    path = tmp_path_factory.mktemp("model") / "model.onnx"
    write_model(path, free_width=request.param)
    reader = export_reader(path, path.with_suffix(".reader.onnx"))
    session = onnxruntime.InferenceSession(reader, providers=["CPUExecutionProvider"])
    return ImageToWordModel(path), session


@settings(max_examples=25)
@given(IMAGES, st.integers(1, 8))
def test_a_file_has_one_text(model, images, batch_size):
    ours, session = model
    with TemporaryDirectory() as folder:
        files = [
            write_image(Path(folder, f"{number}{image.suffix}"), image.pixels())
            for number, image in enumerate(images)
        ]
        one_by_one = [ours.predict(file) for file in files]
        together = [reading.text for reading in ours.read(files, batch_size)]
        as_pixels = [ours.predict(image.pixels()) for image in images]
        by_command = read_by_command(ours.model_path, files, batch_size)
        by_graph = [read_by_graph(session, file) for file in files]
    expected = [image.text for image in images]
    assert one_by_one == together == as_pixels == by_command == by_graph == expected


def read_by_command(model: Path, files: list[Path], batch_size: int) -> list[str]:
    out = files[0].with_name("texts.csv")
    words = ["read", *files, "--model", model, "--batch-size", batch_size, "--out", out]
    with patch.object(sys, "argv", ["ctckit", *map(str, words)]), pytest.raises(SystemExit) as end:
        cli.main()
    assert not end.value.code
    with out.open(encoding="utf-8", newline="") as file:
        return [row["text"] for row in csv.DictReader(file)]


def read_by_graph(session: onnxruntime.InferenceSession, file: Path) -> str:
    grey = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
    return session.run(["text"], {"image": grey[None, :, :, None]})[0][0]
