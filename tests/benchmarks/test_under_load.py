"""Short forms of `benchmarks.under_load`: an image that each reading kept would be seen."""

import sys

import cv2
import keras
import psutil
import pytest

from benchmarks.under_load import ALLOWED_HANDLES, Watch, link_again, read_again
from ctckit.inference.reader import ImageToWordModel
from ctckit.training.callbacks.schedule import Schedule
from ctckit.training.fitting import fit
from tests.drawing import draw_text, write_image
from tests.inference.tiny_model import draw_stripes, write_model
from tests.training.networks import compiled, drawn_providers, small_network

ALLOWED_MB = 50
SIZE = (800, 600)  # half an MB each in grey
READ, EPOCHS = 400, 24


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return ImageToWordModel(write_model(tmp_path_factory.mktemp("model") / "model.onnx"))


@pytest.fixture(scope="module")
def texts():
    return [first + second for first in "2345" for second in "2345"]


@pytest.fixture(scope="module")
def images(tmp_path_factory, texts):
    folder = tmp_path_factory.mktemp("images")
    return [
        str(write_image(folder / f"{text}.png", enlarged(draw_stripes(text)))) for text in texts
    ]


def enlarged(image):
    return cv2.resize(image, SIZE, interpolation=cv2.INTER_NEAREST)


def require_steady(watch):
    figures = watch.figures()
    assert figures["grown_MB"] < ALLOWED_MB
    assert figures["grown_handles"] <= ALLOWED_HANDLES


@pytest.mark.parametrize("threads", [1, 4])
def test_an_image_read_again_and_again_leaves_nothing(model, images, texts, threads):
    watch = Watch()
    assert read_again(model, images, texts, READ, threads, watch) == 0
    require_steady(watch)


def test_many_images_read_together_leave_nothing(model, images, texts, tmp_path):
    folder, watch = link_again(images, READ, tmp_path / "folder"), Watch()
    read = []
    for reading in model.iterate(sorted(map(str, folder.iterdir()))):
        read.append(reading.text)
        watch.look()
    assert read == texts * (READ // len(texts))
    require_steady(watch)


def test_texts_that_differ_are_counted(model, images, texts):
    assert read_again(model, images, ["2", *texts[1:]], 2 * len(images), 2, Watch()) == 2


class Look(keras.callbacks.Callback):
    """Look at this process when an epoch has ended."""

    def __init__(self):
        super().__init__()
        self.watch = Watch()

    def on_epoch_end(self, epoch, logs=None):
        self.watch.look()


@pytest.mark.slow
def test_many_epochs_leave_nothing(tmp_path):
    train, val = drawn_providers(tmp_path, workers=2)
    for text in (path.stem for path in tmp_path.glob("*.png")):
        write_image(tmp_path / f"{text}.png", enlarged(draw_text(text)))
    look, schedule = Look(), Schedule(2e-3, min_epochs=EPOCHS, max_epochs=EPOCHS)
    fit(compiled(small_network()), train, schedule, val_provider=val, callbacks=[look])
    assert len(look.watch.looks) == EPOCHS
    require_steady(look.watch)


def test_what_grows_is_told():
    watch = Watch()
    watch.looks = [(100.0 + look, 5 + look // 10, float(look), look / 2) for look in range(21)]
    figures = watch.figures()
    assert (figures["MB"], figures["grown_MB"], figures["highest_MB"]) == (102.5, 17, 120)
    assert (figures["handles"], figures["grown_handles"]) == (5, 1.5)
    assert watch.epoch_seconds() == {"wall": [1.0] * 10, "cpu": [0.5] * 10}


def test_a_process_that_has_ended_is_not_looked_at():
    with psutil.Popen([sys.executable, "-c", ""]) as ended:
        pass
    watch = Watch(ended)
    watch.look()
    assert not watch.looks
