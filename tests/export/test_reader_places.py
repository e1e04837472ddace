"""Where the reader form says that the characters are, and where Python does."""

from pathlib import Path

import numpy as np
import onnx
import pytest

from ctckit.export.reader_form import to_reader_form
from ctckit.image.resize import ImageScaler
from ctckit.inference.reader import ImageToWordModel
from tests.export.test_reader_form import RNG, network, session
from tests.inference import tiny_model


def places(model: onnx.ModelProto, images: np.ndarray) -> list[list[tuple[float, float]]]:
    """Return (start, end) of the characters of each image; the rest is -1."""
    ids, starts, ends = session(to_reader_form(model)).run(
        ["ids", "starts", "ends"], {"image": images}
    )
    assert ((starts == -1) == (ids == -1)).all() and ((ends == -1) == (ids == -1)).all()
    counts = (ids >= 0).sum(axis=1)
    rows = zip(starts.tolist(), ends.tolist(), counts.tolist(), strict=True)
    return [list(zip(start[:n], end[:n], strict=True)) for start, end, n in rows]


def by_python(reader: ImageToWordModel, image: np.ndarray) -> list[tuple[float, float]]:
    return [(each.start, each.end) for each in reader.characters(image)]


@pytest.mark.parametrize(
    ("classes", "steps", "members"),
    [(2, 9, 0), (3, 25, 0), (20, 32, 0), (5, 1, 0), (2, 3, 2), (3, 4, 3), (11, 25, 5)],
)
def test_random_probabilities(tmp_path, classes, steps, members):
    """Of several networks the first one tells that reads the text they agree upon."""
    model = network(classes, steps, members=members)
    onnx.save(model, tmp_path / "model.onnx")
    reader = ImageToWordModel(tmp_path)
    shape = (40, steps * max(members, 1), classes, 1)
    images = RNG.integers(0, 250 // classes, shape, np.uint8) * classes
    images += np.arange(1, classes + 1, dtype=np.uint8)[:, None]  # no two are equal
    for image, received in zip(images, places(model, images), strict=True):
        assert received == [pytest.approx(place) for place in by_python(reader, image)]


def stripes(tmp_path: Path, **facts) -> tuple[onnx.ModelProto, ImageToWordModel]:
    strings = tiny_model.metadata(**facts).to_strings()
    path = tiny_model.write_model(tmp_path / "model.onnx", strings, free_width="width" in facts)
    return onnx.load(path), ImageToWordModel(path)


@pytest.mark.parametrize(("height", "width"), [(8, 40), (16, 80), (8, 80), (16, 120)])
def test_stretched_images_are_all_of_the_networks_input(tmp_path, height, width):
    model, reader = stripes(tmp_path)
    image = np.kron(tiny_model.draw_stripes("2345"), np.ones((height // 8, width // 40), np.uint8))
    [received] = places(model, image[None, ..., None])
    assert received == [pytest.approx(place) for place in by_python(reader, image)]


def test_what_pads_an_image_that_keeps_its_shape_is_none_of_it(tmp_path):
    """The input shows the image of 16 x 40 in the columns from 10 to 30."""
    model, reader = stripes(tmp_path, keep_aspect_ratio=True)
    image = np.kron(tiny_model.draw_stripes("23", 20), np.ones((2, 2), np.uint8))
    [received] = places(model, image[None, ..., None])
    of_input = np.array(by_python(reader, image))
    assert np.array(received) == pytest.approx((of_input * 40 - 10) / 20)


@pytest.mark.parametrize(("width", "own"), [(40, 40), (37, 40), (33, 40)])
@pytest.mark.parametrize("stretch", [1.0, 2.0])
def test_what_fills_up_an_own_width_is_none_of_it(tmp_path, width, own, stretch):
    model, reader = stripes(tmp_path, width=None, stretch=stretch)
    image = tiny_model.draw_stripes("23", width)
    assert ImageScaler(8).own_width(image.shape[:2]) == own
    [received] = places(model, image[None, ..., None])
    of_input = np.array(by_python(reader, image))
    seen = ImageScaler(8, stretch).own_width(image.shape[:2])
    assert np.array(received) == pytest.approx(of_input * seen / (width * stretch))


@pytest.mark.parametrize("rotate", ["90", "270"])
def test_of_a_turned_image_they_are_shares_of_its_height(tmp_path, rotate):
    model, reader = stripes(tmp_path, rotate=rotate)
    image = np.rot90(tiny_model.draw_stripes("2345"), 1 if rotate == "90" else -1)
    [received] = places(model, np.ascontiguousarray(image)[None, ..., None])
    assert received == [pytest.approx(place) for place in by_python(reader, image)]
    assert len(received) == 4


def test_places_of_the_widest_padding_stay_within_the_image(tmp_path):
    """A network may put a character where there is nothing but padding."""
    model, _ = stripes(tmp_path, keep_aspect_ratio=True)
    for start, end in places(model, np.full((1, 80, 10, 1), 80, np.uint8))[0]:
        assert 0 <= start <= end <= 1
