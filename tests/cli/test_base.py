"""The verbs `ctckit base …`, in this process."""

import csv
import signal
from pathlib import Path

import cv2
import numpy as np
import pytest

from configs import ModelConfigs
from ctckit.cli.base_train import BaseTrain
from ctckit.errors import InputError
from ctckit.inference.reader import ImageToWordModel
from ctckit.log import LOGGER
from ctckit.run_folder import RunFolder
from ctckit.training.callbacks.state import StateKeeper
from ctckit.training.opening import open_run
from tests.drawing import draw_folder
from tests.render.conftest import FONTS


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def render(call, target, *flags):
    return call("base", "render", target, "--count", "5", "--fonts", FONTS, *flags)


def test_the_same_flags_draw_the_same_files(call, here):
    status, lines, _ = render(call, "first", "--seed", "7")
    assert status == 0 and lines == ["first  5 images, the first of them in preview.png"]
    with (here / "first" / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["image"] for row in rows] == [f"{number:07}.png" for number in range(5)]
    assert all(row["label"] for row in rows)
    assert render(call, "second", "--seed", "7")[0] == 0
    names = sorted(path.name for path in (here / "first").iterdir())
    assert names == sorted([*(row["image"] for row in rows), "labels.csv", "preview.png"])
    for name in names:
        assert (here / "first" / name).read_bytes() == (here / "second" / name).read_bytes()
    status, lines, _ = call("data", "check", "first", "--json")
    assert status == 0


def test_what_is_drawn_is_chosen(call, here):
    (here / "words").write_text("moon\n", encoding="utf-8")
    chosen = ("--characters", "mon", "--kinds", "scene,hand", "--words", "words")
    assert render(call, "set", *chosen)[0] == 0
    with (here / "set" / "labels.csv").open(encoding="utf-8", newline="") as file:
        assert {one for row in csv.DictReader(file) for one in row["label"]} <= set("mon ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "expected a new folder to draw into, received none"),
        (["new", "--count", "0"], "--count: expected 1 or more, received 0"),
        (["new", "--characters", " "], "--characters: expected at least one character"),
        (["new", "--seed", "-1"], "--seed: expected 0 or more, received -1"),
        (["new", "--kinds", "scene,postcard", "--fonts", FONTS],
         "--kinds: expected kinds among print, scene, captcha, hand, plate, display, received "
         "postcard"),
        (["new", "--fonts", "."], "--fonts: expected fonts (.otf, .ttc, .ttf, .woff)"),
        (["new", "--fonts", FONTS, "--words", "gone"],
         "--words: expected a text file with a word in each line, received gone"),
        ([FONTS, "--fonts", FONTS], "expected a place that is free"),
    ],
)  # fmt: skip
def test_bad_input_gives_one_line_and_leaves_nothing(call, here, words, message):
    status, lines, said = call("base", "render", *words)
    assert status == 2 and not lines
    assert message in said.replace("\n", " ")
    assert not list(here.iterdir())


SMALL = {
    "fonts": Path(FONTS), "characters": "0123456789", "kinds": "print", "images": 96,
    "round_images": 48, "passes": 2, "held_back": 20, "width_multiplier": 0.25, "processes": 1,
}  # fmt: skip


@pytest.fixture
def signals():
    """Give the signals back, which a training that dies has kept."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def break_off(folder, monkeypatch):
    """Train a base that dies in its second round."""
    saved = StateKeeper.on_train_batch_end

    def die(self, batch, logs=None):
        saved(self, batch, logs)
        if (self._epoch, batch) == (2, 0):
            self._save(self.path, batch + 1)
            raise RuntimeError("the machine is off")

    with monkeypatch.context() as patched:
        patched.setattr(StateKeeper, "on_train_batch_end", die)
        with pytest.raises(RuntimeError, match="is off"):
            BaseTrain(target=folder, **SMALL).run()
    return RunFolder(folder)


@pytest.mark.slow
def test_a_base_that_was_broken_off_is_gone_on_with(here, monkeypatch, signals):
    run = break_off(here / "torn", monkeypatch)
    assert run.is_unfinished and run.resume_command.startswith("ctckit base train --resume")
    with (
        pytest.raises(InputError, match="received a base; go on with it by ctckit base train"),
        open_run(BaseTrain(**SMALL)._configs(), resume=run.path),
    ):
        pass
    BaseTrain(resume=run.path).run()
    assert not run.is_unfinished and not run.state.exists()
    assert len(run.history.read_text().splitlines()) == 1 + 2 * 2
    assert ImageToWordModel(run.path).metadata.extra["images"] == 20
    with run.val_csv.open(encoding="utf-8", newline="") as file:
        assert len([*csv.DictReader(file)]) == len([*(run.path / "drawn").iterdir()]) == 20


@pytest.mark.long
def test_it_is_as_one_that_was_not_broken_off(here, monkeypatch, signals):
    torn = break_off(here / "torn", monkeypatch)
    BaseTrain(resume=torn.path).run()
    BaseTrain(target=here / "calm", **SMALL).run()
    one, other = (
        np.load(_weights(run), allow_pickle=False) for run in (RunFolder(here / "calm"), torn)
    )
    for name in one.files:
        np.testing.assert_allclose(one[name], other[name], rtol=1e-3, atol=1e-4)


def _weights(run):
    import keras

    network = keras.models.load_model(run.checkpoint)
    path = run.path / "weights.npz"
    np.savez(path, *network.get_weights())
    return path


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--passes", "0"], "--passes: expected 1 or more, received 0"),
        (["--images", "5", "--time-budget", "1h"], "--images: expected this or --time-budget"),
        (["--time-budget", "soon"], "--time-budget: expected a time in s, min or h"),
        (["--augment", "auto"], "--augment: expected one of none, light, strong, received 'auto'"),
        (["base"], "expected another name for the folder, received base"),
        (
            ["--start-from", "base", "--width-multiplier", "2"],
            "--start-from: expected the network of the base",
        ),
        (["--resume", "gone"], "--resume: expected the folder of an unfinished run"),
        (
            ["--resume", "gone", "--passes", "2"],
            "--resume: expected a base to go on as it began, received --passes with it",
        ),
        (["--characters", "אבגד"], "--characters: expected characters that are written from left"),
        (
            ["--start-from", "gone"],
            "--start-from: expected auto, base, base-large, none, the folder of a run",
        ),
        (["--like", "gone"], "expected images, a folder, a .zip or a list, gone does not exist"),
        (["--fonts", "gone"], "--fonts: expected fonts"),
    ],
)
def test_a_base_that_cannot_be_is_one_line(call, here, words, message):
    status, lines, said = call("base", "train", *words)
    assert status == 2 and not lines
    assert message in said.replace("\n", " ")
    assert not list(here.iterdir())


def test_a_damaged_note_of_what_is_drawn_is_told(here):
    run = RunFolder(here / "run")
    run.state.mkdir(parents=True)
    run.configs.touch()
    (run.state / "model_1.npz").touch()
    for text in ("[]", "{", '{"fonts": 3, "words": null}'):
        run.drawing.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match="or a damaged file"):
            BaseTrain(resume=run.path).run()
        assert run.is_unfinished


@pytest.mark.long
def test_a_base_goes_on_in_the_manner_of_images(here):
    LOGGER.setLevel("INFO")  # whatever ran before in this process
    draw_folder(here / "photos", count=6)
    small = SMALL | {"images": 48, "width_multiplier": 1.0, "characters": "0123456789ab"}
    BaseTrain(target=here / "like", like=Path("photos"), **small).run()
    run = RunFolder(here / "like")
    configs = ModelConfigs.load(run.configs)
    assert configs.start_from == "base" and "start       from base" in run.log.read_text()
    drawn = [cv2.imread(str(path)) for path in (run.path / "drawn").iterdir()]
    assert {image.shape for image in drawn} == {(32, 96, 3)}
