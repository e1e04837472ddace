import cv2
import numpy as np
import pytest

from ctckit.data import apply_steps, image_steps
from ctckit.errors import InputError
from ctckit.inference import ImageToWordModel, Reading
from tests.drawing import draw_text, write_image
from tests.inference.tiny_model import draw_stripes, write_model


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return ImageToWordModel(write_model(tmp_path_factory.mktemp("model") / "model.onnx"))


def opaque(image):
    return cv2.cvtColor(image, cv2.COLOR_GRAY2BGRA)


@pytest.mark.parametrize(
    "form",
    [
        lambda image: image,
        lambda image: image[..., None],
        lambda image: cv2.cvtColor(image, cv2.COLOR_GRAY2BGR),
        opaque,
        lambda image: np.where(image[..., None] == 255, 0, opaque(image)),  # white by transparency
    ],
)
def test_arrays_of_any_form(model, form):
    assert model.predict(form(draw_stripes("2352"))) == "2352"


def test_files(model, tmp_path):
    path = write_image(tmp_path / "Bild 图.png", draw_stripes("5432"))
    assert model.predict(path) == model.predict(str(path)) == "5432"


def test_pixels_are_those_of_training(model):
    image = draw_text("234")
    steps = image_steps(height=8, width=40, channels=1, keep_aspect_ratio=False)
    np.testing.assert_array_equal(model.prepare(image), apply_steps(steps, image)[0])
    assert model.prepare(image).dtype == np.uint8


@pytest.mark.parametrize("batch_size", [1, 2, 7, 8, 100])
def test_read_keeps_the_order(model, batch_size):
    texts = ["2", "3", "44", "", "5555", "23", "5"]
    readings = model.read([draw_stripes(text) for text in texts], batch_size=batch_size)
    assert [reading.text for reading in readings] == texts
    assert readings[0] == model.read_one(draw_stripes("2"))
    assert all(isinstance(reading, Reading) and 0 < reading.confidence <= 1 for reading in readings)


def test_read_nothing(model):
    assert model.read([]) == []


def test_unreadable_image_is_named(model, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"no image")
    with pytest.raises(InputError, match="broken.png"):
        model.read([draw_stripes("2"), tmp_path / "broken.png"])
