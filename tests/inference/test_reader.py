import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from ctckit.errors import InputError
from ctckit.export.onnx_file import write_facts
from ctckit.image.steps import apply_steps, image_steps
from ctckit.image.widths import NO_IMAGE
from ctckit.inference.reader import ImageToWordModel, Reading
from ctckit.text.constrained.constraint import Constraint
from tests.drawing import draw_text, write_image
from tests.inference.tiny_model import CHARACTERS, WIDTH, draw_stripes, metadata, write_model


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


@pytest.mark.parametrize(("rotate", "quarters"), [("90", 1), ("270", -1), ("auto", -1)])
def test_images_are_turned_as_the_file_says(tmp_path, rotate, quarters):
    model = ImageToWordModel(
        write_model(tmp_path / "model.onnx", metadata(rotate=rotate).to_strings())
    )
    image = np.rot90(draw_stripes("2345"), quarters)
    assert model.predict(write_image(tmp_path / "a.png", image)) == model.predict(image) == "2345"
    if rotate == "auto":
        assert model.predict(draw_stripes("2345")) == "2345"


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


@pytest.mark.parametrize("batch_size", [1, 2, 3, 100])
def test_unreadable_images_are_told_and_the_others_read(model, tmp_path, batch_size):
    (tmp_path / "broken.png").write_bytes(b"no image")
    names = [
        tmp_path / "broken.png", draw_stripes("2"), tmp_path / "gone.png", draw_stripes("33"),
        draw_stripes("4"), tmp_path / "broken.png",
    ]  # fmt: skip
    told = {}
    chunks = list(model.chunks(names, batch_size, unreadable=told.__setitem__))
    texts = [reading.text for chunk in chunks for reading in chunk.readings]
    assert texts == ["2", "33", "4"]
    assert [place for chunk in chunks for place in chunk.places] == [1, 3, 4]
    assert list(told) == [0, 2, 5] and "gone.png" in str(told[2])


@pytest.fixture
def quick_switches():
    """Let threads take turns a thousand times as often as usual."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.parametrize(
    ("constraint", "count"),
    [(None, 200), pytest.param(Constraint(pattern="[23]{2,3}[45]?"), 80, marks=pytest.mark.slow)],
)
def test_many_threads_read_what_one_reads(tmp_path, quick_switches, constraint, count):
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list(CHARACTERS), rng.integers(1, 8))) for _ in range(count)]
    images = [cv2.resize(draw_stripes(text), (rng.integers(40, 90), 20)) for text in texts]
    path = write_model(tmp_path / "model.onnx")
    expected = list(map(ImageToWordModel(path, constraint=constraint).predict, images))
    assert len(set(expected)) > 10

    model, start = ImageToWordModel(path, constraint=constraint), Barrier(8)

    def read_from(offset: int) -> list[str]:
        start.wait()
        order = np.roll(range(len(images)), offset)
        texts = {index: model.predict(images[index]) for index in order}
        return [texts[index] for index in range(len(images))]

    with ThreadPoolExecutor(8) as pool:
        for read in pool.map(read_from, range(0, count, count // 8)):
            assert read == expected


def test_n_best_texts_of_an_image(model, tmp_path):
    image = draw_stripes("2352")
    image[:, [12, 14]] = 255
    image[:, 13] -= 18  # the column left of the 5, now nearly as much a 4
    candidates = model.n_best(image, count=3)
    assert [candidate.text for candidate in candidates[:2]] == ["2352", "2342"]
    probabilities = [candidate.probability for candidate in candidates]
    assert len(candidates) == 3 and probabilities == sorted(probabilities, reverse=True)
    for candidate in candidates:
        only = ImageToWordModel(model.model_path, constraint=Constraint(lexicon=[candidate.text]))
        assert only.read_one(image).confidence == pytest.approx(candidate.probability, rel=1e-4)
    assert model.n_best(write_image(tmp_path / "a.png", image), count=1) == candidates[:1]
    with pytest.raises(InputError, match="count 0"):
        model.n_best(image, count=0)


def test_characters_of_an_image(model, tmp_path):
    image = draw_stripes("2352")
    characters = model.characters(image)
    assert [character.text for character in characters] == list("2352")
    for index, character in enumerate(characters):  # a stripe is 3 columns, the next 2 are white
        assert character.start == pytest.approx((2 + 5 * index) / WIDTH)
        assert character.end == pytest.approx((5 + 5 * index) / WIDTH)
        assert 0.9 < character.probability <= 1
    assert model.characters(write_image(tmp_path / "a.png", image), "2352") == characters
    doubted = model.characters(image, "2342")
    assert [round(c.probability, 1) for c in doubted] == [1.0, 1.0, 0.0, 1.0]
    with pytest.raises(InputError, match="x"):
        model.characters(image, "2x52")


def test_of_several_models_the_first_tells_n_best_and_characters(model, tmp_path):
    both = ImageToWordModel(write_two_models(tmp_path / "model.onnx", model))
    image = draw_stripes("23")
    assert both.predict_probabilities(both.prepare(image)[None]).shape == (1, 2, WIDTH, 5)
    assert both.n_best(image) == model.n_best(image)
    assert both.characters(image, "23") == model.characters(image, "23")


@pytest.fixture(scope="module")
def free(tmp_path_factory):
    path = tmp_path_factory.mktemp("free") / "model.onnx"
    return ImageToWordModel(write_model(path, free_width=True), num_threads=2)


def stripes_of_many_widths(count: int) -> tuple[list[str], list[np.ndarray]]:
    """Return texts of several lengths, and images that are as wide as they need or wider."""
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list(CHARACTERS), rng.integers(0, 12))) for _ in range(count)]
    widths = [5 * len(text) + 2 + int(rng.integers(0, 40)) for text in texts]
    return texts, list(map(draw_stripes, texts, widths))


@pytest.mark.parametrize("batch_size", [1, 3, 16])
def test_images_of_several_widths_are_read_in_their_order(free, batch_size):
    texts, images = stripes_of_many_widths(100)
    readings = free.read(images, batch_size)
    assert [reading.text for reading in readings] == texts
    for reading, image in zip(readings, images, strict=True):
        alone = free.read_one(image)
        assert reading.text == alone.text == free.predict(image)
        assert reading.confidence == pytest.approx(alone.confidence, abs=1e-5)


def test_a_batch_holds_images_of_like_widths(free):
    _, images = stripes_of_many_widths(100)
    chunks = list(free.chunks(images, 4))
    assert sorted(place for chunk in chunks for place in chunk.places) == list(range(100))
    for chunk in chunks:  # a window has 8 batches of 4 for each of 2 threads
        assert min(chunk.places) // 64 == max(chunk.places) // 64
    columns = sum(chunk.batch.shape[0] * chunk.batch.shape[2] for chunk in chunks)
    needed = sum(free.prepare(image).shape[1] for image in images)
    assert columns < 1.15 * needed, "sorted by width, little of a batch is no image"
    for chunk in chunks:
        assert chunk.batch.dtype == np.int16 and len(chunk.places) <= 4
        for place, row, pixels in zip(chunk.places, chunk.batch, chunk.pixels, strict=True):
            made = free.prepare(images[place])
            np.testing.assert_array_equal(row[:, : made.shape[1]], made)
            assert (row[:, made.shape[1] :] == NO_IMAGE).all()
            np.testing.assert_array_equal(pixels[..., 0], images[place])


@pytest.mark.parametrize("batch_size", [1, 2, 100])
def test_unreadable_images_of_any_width_are_told_and_the_others_come_in_order(free, batch_size):
    texts, images = stripes_of_many_widths(50)
    broken = [0, 7, 8, 49]
    names = [b"no image" if place in broken else image for place, image in enumerate(images)]
    told = {}
    numbered = [row for rows in free.in_order(names, batch_size, told.__setitem__) for row in rows]
    assert sorted(told) == broken
    assert [place for place, _ in numbered] == [p for p in range(50) if p not in broken]
    assert all(reading.text == texts[place] for place, reading in numbered)
    with pytest.raises(InputError):
        free.read(names, batch_size)


@pytest.mark.parametrize("width", [40, 80, 160])
def test_places_count_the_own_width(free, width):
    characters = free.characters(draw_stripes("2352", width))
    assert [character.text for character in characters] == list("2352")
    assert characters[-1].start == pytest.approx(17 / width)
    assert characters[-1].end == pytest.approx(20 / width)
    assert free.n_best(draw_stripes("2352", width))[0].text == "2352"


def test_a_constraint_holds_in_any_company(free):
    texts, images = stripes_of_many_widths(30)
    limited = ImageToWordModel(free.model_path, constraint=Constraint(pattern="[2345]{0,3}"))
    together = limited.read(images)
    assert any(len(text) > 3 for text in texts)
    for reading, image, text in zip(together, images, texts, strict=True):
        alone = limited.read_one(image)
        assert reading.text == alone.text and len(reading.text) <= 3
        assert reading.confidence == pytest.approx(alone.confidence, abs=1e-5)
        assert reading.text == text or len(text) > 3


def write_two_models(path, model: ImageToWordModel):
    """Write the model and one that takes each character for the next, as one file of two."""
    network = onnx.load(str(model.model_path))
    graph = network.graph
    order, axis = np.array([3, 0, 1, 2, 4]), np.array([1])
    graph.initializer.extend(
        [numpy_helper.from_array(order, "order"), numpy_helper.from_array(axis, "axis")]
    )
    graph.node.extend([
        helper.make_node("Gather", ["probabilities", "order"], ["others"], axis=2),
        helper.make_node("Unsqueeze", ["probabilities", "axis"], ["first"]),
        helper.make_node("Unsqueeze", ["others", "axis"], ["second"]),
        helper.make_node("Concat", ["first", "second"], ["both"], axis=1),
    ])  # fmt: skip
    del graph.output[:]
    shape = ["N", 2, "T", len(order)]
    graph.output.append(helper.make_tensor_value_info("both", TensorProto.FLOAT, shape))
    onnx.save(network, str(path))
    return path


def test_readings_at_several_widths_vote(free):
    several = ImageToWordModel(free.model_path, reading_widths=(1.0, 1.0, 2.0))
    # Between two stripes there are other greys at twice the width: the other two win.
    images = [draw_stripes(text)[:, :24] for text in ("23", "5")] + [draw_stripes("2345")]
    assert [one.text for one in several.read(images)] == [one.text for one in free.read(images)]
    assert several.predict(images[2]) == "2345"
    batch = several.prepare(images[2])[None]
    probabilities = several.predict_probabilities(batch)
    assert probabilities.shape == (1, 3, 80, 5)
    np.testing.assert_allclose(probabilities.sum(-1), 1, atol=1e-6)
    np.testing.assert_allclose(probabilities[0, 0, :40], free.predict_probabilities(batch)[0])
    constrained = ImageToWordModel(
        free.model_path, reading_widths=(1.0, 1.0, 2.0), constraint=Constraint(length=(4, 4))
    )
    assert constrained.predict(images[2]) == "2345"
    assert several.characters(images[2]) == free.characters(images[2])
    twice = ImageToWordModel(free.model_path, reading_widths=(1.0, 2.0))
    assert twice.characters(images[2]) == free.characters(images[2])  # the wider one adds no steps


def test_the_bytes_of_a_file_are_an_image_and_a_constraint_can_be_that_of_one_batch(free, tmp_path):
    content = write_image(tmp_path / "a.png", draw_stripes("2345")).read_bytes()
    assert free.predict(content) == "2345"
    probabilities = free.predict_probabilities(free.prepare(content)[None])
    assert free.readings_of(probabilities)[0].text == "2345"
    assert len(free.readings_of(probabilities, Constraint(length=2))[0].text) == 2


def test_a_file_says_at_which_widths_it_is_read(free, tmp_path):
    path = shutil.copy(free.model_path, tmp_path / "model.onnx")
    write_facts(path, reading_widths=(1.0, 2.0))
    assert ImageToWordModel(path).reading_widths == (1.0, 2.0)
    assert ImageToWordModel(path, reading_widths=(1.0,)).reading_widths == (1.0,)
    assert free.reading_widths == (1.0,)


@pytest.mark.parametrize("widths", [(), (0.0,), (1.0, 11.0), (float("nan"),), 17 * (1.0,)])
def test_widths_that_cannot_be_are_refused(free, widths):
    with pytest.raises(InputError, match="^reading_widths: expected 1 to 16 numbers from 0.1"):
        ImageToWordModel(free.model_path, reading_widths=widths)


def test_several_models_read_at_several_widths(free, tmp_path):
    path = write_two_models(tmp_path / "two.onnx", free)
    reader = ImageToWordModel(path, reading_widths=(1.0, 2.0))
    batch = reader.prepare(draw_stripes("2345"))[None]
    assert reader.predict_probabilities(batch).shape[:3] == (1, 4, 80)
    assert reader.read_batch(batch)[0].text == reader.predict(draw_stripes("2345"))


def test_widths_are_for_images_of_their_own(model):
    with pytest.raises(InputError, match="^reading_widths: expected none for images of one width"):
        ImageToWordModel(model.model_path, reading_widths=(1.0, 2.0))
