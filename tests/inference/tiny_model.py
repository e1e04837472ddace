"""A network small enough to be written by hand that really reads: stripes of grey are letters."""

import csv
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from ctckit.inference.metadata import ModelMetadata
from ctckit.text.vocabulary import Vocabulary
from tests.drawing import write_image

HEIGHT, WIDTH = 8, 40
CHARACTERS = "2345"
WHITE = 255.0  # the blank


def levels(num_characters: int) -> np.ndarray:
    """Return the grey that stands for each class, the blank last."""
    return np.array([*(40.0 * np.arange(num_characters)), WHITE], np.float32)


def metadata(**changes) -> ModelMetadata:
    facts = {
        "vocabulary": Vocabulary(CHARACTERS),
        "height": HEIGHT,
        "width": WIDTH,
        "channels": 1,
        "keep_aspect_ratio": False,
        "dataset": "stripes",
        "val_CER": 0.25,
        "extra": {"architecture": "stripes"},
    }
    return ModelMetadata(**{**facts, **changes})


def write_model(
    path: Path,
    strings: dict[str, str] | None = None,
    num_characters: int = 4,
    *,
    free_width: bool = False,
) -> Path:
    """Write a network that gives each column the class whose grey is nearest to its mean.

    2·c·x − c² is largest for the c nearest to x, which makes the comparison a linear layer. Where
    the width is free, what is no image is as white.
    """
    centres = levels(num_characters)
    weights = {
        "axes": np.array([1, 3]),
        "shape": np.array([0, -1, 1]),
        "slope": (2 * centres / 400)[None],
        "offset": -(centres**2) / 400,
    }
    nodes = [
        helper.make_node("ReduceSum", ["image", "axes"], ["sums"], keepdims=0),
        helper.make_node("Div", ["sums", "pixels"], ["means"]),
        helper.make_node("Reshape", ["means", "shape"], ["columns"]),
        helper.make_node("MatMul", ["columns", "slope"], ["scaled"]),
        helper.make_node("Add", ["scaled", "offset"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["probabilities"], axis=-1),
    ]
    weights["pixels"] = np.float32(HEIGHT)
    width, steps = ("W", "T") if free_width else (WIDTH, WIDTH)
    if free_width:
        weights |= {"black": np.float32(0), "white": np.float32(WHITE)}
        nodes[2].input[0] = "shown"
        nodes[2:2] = [
            helper.make_node("Less", ["means", "black"], ["beyond"]),
            helper.make_node("Where", ["beyond", "white", "means"], ["shown"]),
        ]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", HEIGHT, width, 1])
    output = helper.make_tensor_value_info(
        "probabilities", TensorProto.FLOAT, ["N", steps, num_characters + 1]
    )
    tensors = [numpy_helper.from_array(np.asarray(value), name) for name, value in weights.items()]
    graph = helper.make_graph(nodes, "stripes", [image], [output], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    own_width = None if free_width else WIDTH
    strings = metadata(width=own_width).to_strings() if strings is None else strings
    helper.set_model_props(model, strings)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(path))
    return path


def draw_stripes(text: str, width: int = WIDTH) -> np.ndarray:
    """Draw `text` as stripes of 3 columns with 2 white ones between them: uint8 (8, width)."""
    image = np.full((HEIGHT, width), WHITE, np.uint8)
    for index, character in enumerate(text):
        start = 2 + 5 * index
        image[:, start : start + 3] = levels(4)[CHARACTERS.index(character)]
    return image


def write_run(folder: Path, pairs: list[tuple[str, str]]) -> Path:
    """Write a run folder: a model, and images of the first text with the second as label."""
    rows = []
    for index, (text, label) in enumerate(pairs):
        image = write_image_in(folder / "images", f"{index}.png", text)
        rows.append([image, label])
    write_model(folder / "model.onnx")
    write_csv(folder / "val.csv", rows)
    return folder


def write_image_in(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return write_image(folder / name, draw_stripes(text))


def write_csv(path: Path, rows: list) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["image", "label"], *rows])
    return path
