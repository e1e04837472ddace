"""Run folders with a Keras network, without a training."""

from dataclasses import replace
from pathlib import Path

from ctckit.export.onnx import export_onnx
from ctckit.networks.plain import plain_copy
from tests.drawing import write_image
from tests.free_width import METADATA, noise, reading_network
from tests.inference.tiny_model import write_csv

WIDTHS = (40, 61, 90, 96, 118)  # as files have them; own widths of 40, 64, 96, 96 and 120


def write_phone_run(folder: Path, width: int | None = None, seed: int = 0) -> Path:
    """Write a run whose images are noise; its labels say nothing."""
    (folder / "images").mkdir(parents=True)
    network = plain_copy(reading_network(seed, width=width))
    network.save(folder / "model.keras")
    export_onnx(network, folder / "model.onnx", replace(METADATA, width=width))
    rows = []
    for place, image in enumerate(noise(WIDTHS, seed=1)):
        rows.append([write_image(folder / "images" / f"{place}.png", image).resolve(), "1"])
    write_csv(folder / "val.csv", rows)
    return folder
