import itertools
import json
import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper, parser

from ctckit.errors import InputError
from ctckit.export.reader_form import export_reader, to_reader_form
from ctckit.export.reader_functions import FUNCTIONS
from ctckit.export.reader_functions.text import DOMAIN
from ctckit.export.reader_functions.turning import TURNS
from ctckit.image.resize import ImageResizer
from ctckit.image.rotate import ImageRotator
from ctckit.inference.metadata import ModelMetadata
from ctckit.inference.reader import ImageToWordModel
from ctckit.inference.session import OnnxInferenceModel
from ctckit.text.calibration import calibrated
from ctckit.text.greedy import greedy_decode
from ctckit.text.vocabulary import Vocabulary
from tests.drawing import draw_text, write_image
from tests.inference import tiny_model

EXAMPLE = Path(__file__).parents[2] / "examples" / "read_image.mjs"
RNG = np.random.default_rng(0)


def session(model: onnx.ModelProto) -> ort.InferenceSession:
    return ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def read(model: onnx.ModelProto, images: np.ndarray) -> tuple[list[str], np.ndarray, np.ndarray]:
    text, confidence, ids = session(model).run(["text", "confidence", "ids"], {"image": images})
    return text.tolist(), confidence, ids


# The image: resized like ours


def prepare(name: str, image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Run the function `stretch` or `fit` alone on one image (H, W, C)."""
    node = helper.make_node(
        name,
        ["image"],
        ["pixels", "left", "covered"],
        domain=DOMAIN,
        height=[height],
        width=[width],
    )
    return call(node, image, TensorProto.FLOAT)


def call(node: onnx.NodeProto, image: np.ndarray, kind: int) -> np.ndarray:
    """Run one function alone on one image (H, W, C)."""
    source = helper.make_tensor_value_info("image", TensorProto.UINT8, [None] * 4)
    target = helper.make_tensor_value_info(node.output[0], kind, [None] * 4)
    model = helper.make_model(
        helper.make_graph([node], "alone", [source], [target]),
        opset_imports=[helper.make_opsetid("", 20), helper.make_opsetid(DOMAIN, 1)],
        functions=[parser.parse_function(text) for text in FUNCTIONS],
        ir_version=9,
    )
    return session(model).run(None, {"image": image[None]})[0][0]


SHRINKING = [
    (50, 200),  # unchanged
    (100, 400),  # halved
    (150, 800),  # whole factors, different ones
    (63, 211),
    (501, 777),
    (51, 201),
    (50, 300),  # one axis stays
    (90, 200),
]
GROWING = [
    (25, 100),
    (13, 37),
    (50, 120),
    (40, 300),  # one axis shrinks; here, 13 pixels become 10, OpenCV has a way of its own
    (40, 260),
    (77, 150),
    (51, 199),
    (1, 1),
    (1, 500),
    (400, 1),
]
# Where an axis grows, OpenCV calculates with 11 bits; where none does, only halves can differ,
# which it rounds up in a mean of 2 × 2 and to the even number elsewhere.
SIZES = [*((*size, 0.05) for size in SHRINKING), *((*size, 0.2) for size in GROWING)]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("height", "width", "share"), SIZES)
@pytest.mark.parametrize("kind", ["noise", "text"])
def test_stretching_is_that_of_the_resizer(height, width, share, channels, kind):
    image = example(kind, height, width, channels)
    expected, _ = ImageResizer(200, 50)(image, "")
    require_equal_pixels(prepare("stretch", image, 50, 200), expected, share)


@pytest.mark.parametrize(("height", "width"), [(50, 200), (100, 400), (63, 211), (51, 201)])
def test_common_sizes_are_equal_to_the_bit(height, width):
    image = example("noise", height, width, 3)
    np.testing.assert_array_equal(
        prepare("stretch", image, 50, 200), ImageResizer(200, 50)(image, "")[0]
    )


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("height", "width"), [*SHRINKING, *GROWING, (3, 5000), (5000, 3)])
def test_fitting_is_that_of_the_resizer(height, width, channels):
    image = example("noise", height, width, channels)
    expected, _ = ImageResizer(200, 50, keep_aspect_ratio=True)(image, "")
    share = 0.2 if height < 50 and width < 200 else 0.05
    require_equal_pixels(prepare("fit", image, 50, 200), expected, share)


def example(kind: str, height: int, width: int, channels: int) -> np.ndarray:
    if kind == "noise":
        return RNG.integers(0, 256, (height, width, channels), np.uint8)
    return cv2.resize(draw_text("23456"), (width, height))[..., :channels]


def require_equal_pixels(received: np.ndarray, expected: np.ndarray, share: float) -> None:
    """Require the same pixels but for a `share` of them, which may differ by one step."""
    assert received.shape == expected.shape
    assert (received == np.round(received)).all()
    differences = np.abs(received - expected)
    assert differences.max() <= 1
    assert differences.mean() <= share


# The text: decoded like ours


def network(
    classes: int, steps: int, *, members: int = 0, characters: str | None = None, **facts
) -> onnx.ModelProto:
    """Make a network whose probabilities are the rows of its image, each divided by its sum."""
    height = steps * max(members, 1)
    form = (members, steps, classes) if members else (steps, classes)
    nodes = [
        helper.make_node("Reshape", ["image", "form"], ["rows"]),
        helper.make_node("ReduceSum", ["rows", "axes"], ["sums"]),
        helper.make_node("Div", ["rows", "sums"], ["probabilities"]),
    ]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", height, classes, 1])
    output = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["N", *form])
    constants = [
        numpy_helper.from_array(np.array([-1, *form]), "form"),
        numpy_helper.from_array(np.array([-1]), "axes"),
    ]
    graph = helper.make_graph(nodes, "rows", [image], [output], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    vocabulary = Vocabulary(characters or [chr(ord("a") + i) for i in range(classes - 1)])
    metadata = tiny_model.metadata(vocabulary=vocabulary, height=height, width=classes, **facts)
    helper.set_model_props(model, metadata.to_strings())
    return model


def expected_reading(model: onnx.ModelProto, images: np.ndarray) -> tuple[list[str], np.ndarray]:
    probabilities = session(model).run(None, {"image": images.astype(np.float32)})[0]
    facts = ModelMetadata.from_strings({item.key: item.value for item in model.metadata_props})
    return greedy_decode(probabilities, facts.vocabulary)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("--------", ""),
        ("aaaaaaaa", "a"),
        ("a-a-aa-a", "aaaa"),
        ("abababab", "abababab"),  # as many characters as steps: no padding
        ("-------b", "b"),
        ("b-------", "b"),
        ("aab-bba-", "abba"),
    ],
)
def test_known_paths(path, text):
    best = np.array(["ab-".index(step) for step in path])
    image = np.where(np.eye(3, dtype=bool)[best], 200, 25).astype(np.uint8)
    texts, confidence, ids = read(to_reader_form(network(3, 8)), image[None, ..., None])
    assert texts == [text]
    assert ids.tolist() == [["ab".index(c) for c in text] + [-1] * (8 - len(text))]
    assert ids.dtype == np.int32
    paths = itertools.product(range(3), repeat=8)
    chosen = np.array([path for path in paths if collapse(path) == text])
    probability = np.where(chosen == best, 0.8, 0.1).prod(axis=1).sum()
    np.testing.assert_allclose(confidence, probability, rtol=1e-6)


def collapse(path: tuple[int, ...]) -> str:
    return "".join("ab-"[step] for step, _ in itertools.groupby(path)).replace("-", "")


@pytest.mark.parametrize(
    ("classes", "steps", "members"),
    [(2, 9, 0), (3, 25, 0), (20, 32, 0), (64, 33, 0), (5, 1, 0), (2, 3, 2), (2, 2, 3), (11, 25, 5)],
)
def test_random_probabilities(classes, steps, members):
    """With few classes and steps the members often agree, with more they rarely do."""
    model = network(classes, steps, members=members)
    shape = (200, steps * max(members, 1), classes, 1)
    images = np.maximum(RNG.integers(0, 256, shape, np.uint8), 1)
    texts, confidences = expected_reading(model, images)
    received_texts, received_confidences, ids = read(to_reader_form(model), images)
    assert received_texts == texts
    np.testing.assert_allclose(received_confidences, confidences, rtol=2e-6)
    spelled = ["".join(chr(ord("a") + i) for i in row if i >= 0) for row in ids]
    assert spelled == texts
    assert ids.shape == (200, steps)


@pytest.mark.parametrize(
    ("strengths", "text", "confidence"),
    [
        ([("a", 0.9), ("b", 0.5), ("b", 0.6)], "b", 1.1 / 3),  # two outvote one
        ([("a", 0.9), ("b", 0.3), ("b", 0.4)], "a", 0.9 / 3),  # one who is surer
        ([("b", 0.5), ("a", 0.5), ("", 0.4)], "b", 0.5 / 3),  # the earlier of equals
        ([("", 0.8), ("", 0.4), ("a", 1.0)], "", 1.2 / 3),  # nothing is a text, too
    ],
)
def test_vote(strengths, text, confidence):
    """The best class of a single step has the strength, a third class, never the best, the rest."""
    rows = []
    for character, strength in strengths:
        row = np.zeros(5)
        row[[2, 3]] = 100 * (1 - strength) / 2
        row[{"a": 0, "b": 1, "": 4}[character]] = 100 * strength
        rows.append(row.round())
    image = np.array(rows, np.uint8)[None, ..., None]
    texts, confidences, _ = read(to_reader_form(network(5, 1, members=3)), image)
    assert texts == [text]
    np.testing.assert_allclose(confidences, confidence, rtol=1e-5)


def test_long_paths_do_not_underflow_to_nonsense():
    images = np.full((1, 400, 60, 1), 7, np.uint8)  # 60^-400, far below any float
    model = network(60, 400)
    assert read(to_reader_form(model), images)[1] == expected_reading(model, images)[1] == 0


@pytest.mark.parametrize("temperature", [0.25, 1.0, 1.7, 8.0])
@pytest.mark.parametrize("members", [0, 3])
def test_temperature(temperature, members):
    plain = network(4, 3, members=members)
    images = RNG.integers(0, 30, (100, 3 * max(members, 1), 4, 1), np.uint8)
    images[:, :, 1] = RNG.integers(100, 256, images[:, :, 1].shape)
    images[0, :, [0, 2, 3]] = 0  # a confidence of exactly 1
    _, confidences = expected_reading(plain, images)
    model = to_reader_form(network(4, 3, members=members, confidence_temperature=temperature))
    expected = calibrated(confidences, temperature)
    np.testing.assert_allclose(read(model, images)[1], expected, rtol=1e-5, atol=1e-7)


def test_characters_of_any_script():
    characters = 'é中€😀"\\'
    texts, _, _ = read(
        to_reader_form(network(7, 6, characters=characters)),
        np.eye(7, dtype=np.uint8)[None, :6, :, None],
    )
    assert texts == ["".join(sorted(characters))]


# Both together


@pytest.mark.parametrize("keep_aspect_ratio", [False, True])
@pytest.mark.parametrize(("height", "width"), [(8, 40), (16, 80), (5, 33), (9, 120), (30, 60)])
def test_both_forms_read_the_same(tmp_path, keep_aspect_ratio, height, width):
    strings = tiny_model.metadata(keep_aspect_ratio=keep_aspect_ratio).to_strings()
    ours = ImageToWordModel(tiny_model.write_model(tmp_path / "model.onnx", strings))
    path = export_reader(tmp_path, tmp_path / "model.reader.onnx")
    texts = ["2345", "", "5", "4423", "353535"]
    images = np.stack(
        [cv2.resize(tiny_model.draw_stripes(text), (width, height)) for text in texts]
    )[..., None]
    received, confidences, _ = read(onnx.load(path), images)
    expected = ours.read(list(images))
    assert received == [reading.text for reading in expected]
    if (height, width) == (8, 40):
        assert received == texts
        assert confidences.tolist() == pytest.approx([reading.confidence for reading in expected])


@pytest.mark.parametrize("keep_aspect_ratio", [False, True])
@pytest.mark.parametrize("rotate", ["90", "270", "auto"])
@pytest.mark.parametrize(("height", "width"), [(40, 8), (8, 40), (80, 16), (60, 30)])
def test_both_forms_turn_the_same(tmp_path, rotate, height, width, keep_aspect_ratio):
    facts = tiny_model.metadata(rotate=rotate, keep_aspect_ratio=keep_aspect_ratio)
    model = tiny_model.write_model(tmp_path / "model.onnx", facts.to_strings())
    path = export_reader(tmp_path, tmp_path / "model.reader.onnx")
    high = [np.rot90(tiny_model.draw_stripes(text), -1) for text in ("2345", "5", "4423")]
    images = np.stack([cv2.resize(image, (width, height)) for image in high])[..., None]
    received, _, _ = read(onnx.load(path), images)
    assert received == [reading.text for reading in ImageToWordModel(model).read(list(images))]
    if (height, width) == (40, 8) and rotate != "90":
        assert received == ["2345", "5", "4423"]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("rotate", ["90", "270", "auto"])
@pytest.mark.parametrize(("height", "width"), [(40, 9), (9, 40), (7, 7)])
def test_turning_is_that_of_the_rotator(rotate, height, width, channels):
    image = example("noise", height, width, channels)
    turned, _ = ImageRotator(rotate)(image, "")
    node = helper.make_node(TURNS[rotate], ["image"], ["turned"], domain=DOMAIN)
    assert np.array_equal(call(node, image, TensorProto.UINT8), turned)


def test_images_of_one_batch_are_independent():
    model = to_reader_form(network(5, 6))
    images = RNG.integers(1, 256, (4, 9, 7, 1), np.uint8)
    together = read(model, images)
    for index, image in enumerate(images):
        text, confidence, ids = read(model, image[None])
        assert text == together[0][index : index + 1]
        np.testing.assert_allclose(confidence, together[1][index], rtol=1e-6)
        np.testing.assert_array_equal(ids[0], together[2][index])


# The file


def test_the_file_describes_itself(tmp_path):
    tiny_model.write_model(tmp_path / "model.onnx")
    model = onnx.load(export_reader(tmp_path / "model.onnx", tmp_path / "new" / "reader.onnx"))
    facts = {item.key: json.loads(item.value) for item in model.metadata_props}
    assert facts.pop("form") == "reader"
    known = OnnxInferenceModel(tmp_path).metadata.to_strings()
    assert facts == {key: json.loads(value) for key, value in known.items()}
    [image] = session(model).get_inputs()
    assert (image.name, image.type, image.shape) == (
        "image",
        "tensor(uint8)",
        ["N", "height", "width", 1],
    )
    outputs = {item.name: (item.type, item.shape) for item in session(model).get_outputs()}
    assert outputs == {
        "text": ("tensor(string)", ["N"]),
        "confidence": ("tensor(float)", ["N"]),
        "ids": ("tensor(int32)", ["N", tiny_model.WIDTH]),
        "starts": ("tensor(float)", ["N", tiny_model.WIDTH]),
        "ends": ("tensor(float)", ["N", tiny_model.WIDTH]),
    }
    assert not model.functions, "some runtimes know no functions"
    assert {item.domain for item in model.opset_import} <= {"", "ai.onnx"}


def test_colour_is_bgr():
    """The graph says so, and it passes the channels on in the order they come."""
    model = network(3, 4)
    model.graph.input[0].type.tensor_type.shape.dim[3].dim_value = 3
    for item in model.metadata_props:
        item.value = "3" if item.key == "channels" else item.value
    model.graph.node[0].input[0] = "blue"
    model.graph.initializer.append(numpy_helper.from_array(np.array(0), "first"))
    model.graph.node.insert(0, helper.make_node("Gather", ["image", "first"], ["blue"], axis=3))
    image = np.zeros((1, 4, 3, 3), np.uint8)
    image[0, :, 1, 0] = 255
    image[0, :, 0, 2] = 255
    reader = to_reader_form(model)
    assert "BGR" in reader.graph.input[0].doc_string
    assert read(reader, image)[0] == ["b"]


def test_the_network_is_not_changed():
    model = network(3, 4)
    before = model.SerializeToString()
    to_reader_form(model)
    assert model.SerializeToString() == before


def without_metadata():
    model = network(3, 4)
    del model.metadata_props[:]
    return model


def without_steps():
    """Make a network that leaves the number of time steps open."""
    model = network(3, 4)
    model.graph.node[-1].output[0] = "all"
    model.graph.node.append(
        helper.make_node("Compress", ["all", "kept"], ["probabilities"], axis=1)
    )
    model.graph.initializer.append(numpy_helper.from_array(np.array([True] * 4), "kept"))
    model.graph.output[0].type.tensor_type.shape.dim[1].dim_param = "T"
    return model


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (lambda: to_reader_form(network(3, 4)), "received the reader form"),
        (without_metadata, "metadata of a ctckit model"),
        (without_steps, "fixed number of time steps"),
    ],
)
def test_refused(model, message):
    with pytest.raises(InputError, match=message):
        to_reader_form(model())


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match="expected a model file"):
        export_reader(tmp_path / "none.onnx", tmp_path / "reader.onnx")
    assert not list(tmp_path.iterdir())


# Without Python


@pytest.fixture(scope="module")
def node_folder(tmp_path_factory) -> Path:
    """Return a folder with the example script and the packages it needs."""
    folder = tmp_path_factory.mktemp("node")
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("needs Node.js: no node and npm found")
    shutil.copy(EXAMPLE, folder)
    install = ["npm", "install", "--no-audit", "--no-fund", "onnxruntime-web", "pngjs"]
    done = subprocess.run(install, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"npm cannot install onnxruntime-web: {done.stderr.strip()[-200:]}")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("free_width", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
def test_javascript_reads_the_same(node_folder, tmp_path, channels, free_width):
    facts = {"width": None} if free_width else {"keep_aspect_ratio": True}
    strings = tiny_model.metadata(**facts).to_strings()
    tiny_model.write_model(tmp_path / "model.onnx", strings, free_width=free_width)
    export_reader(tmp_path, tmp_path / "model.reader.onnx")
    ours = ImageToWordModel(tmp_path)
    images = []
    for index, text in enumerate(["2345", "", "54", "4423"]):
        stripes = tiny_model.draw_stripes(text)
        image = cv2.cvtColor(stripes, cv2.COLOR_GRAY2BGRA) if channels == 3 else stripes
        image = cv2.resize(image, None, fx=1 + index / 2, fy=1 + index / 2)
        if channels == 3:  # white by transparency
            image[(image[..., :3] == 255).all(axis=-1)] = 0
        images.append(write_image(tmp_path / f"{index}.png", image))
    done = subprocess.run(
        ["node", EXAMPLE.name, str(tmp_path / "model.reader.onnx"), *map(str, images)],
        cwd=node_folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [row[:2] for row in rows] == [[str(path), ours.predict(path)] for path in images]
    expected = [ours.read_one(path).confidence for path in images]
    assert [float(row[2]) for row in rows] == pytest.approx(expected, abs=1e-5)
