"""A training that begins with what another one has learned."""

import keras
import numpy as np
import pytest

from configs import ModelConfigs
from ctckit.errors import InputError
from ctckit.log import LOGGER
from ctckit.networks.plain import plain_copy
from ctckit.run_folder import RunFolder
from ctckit.training.fitting import begin
from ctckit.training.preparation import prepare_data
from ctckit.training.start import require_start
from model import make_model
from tests.drawing import draw_folder

OLD = ModelConfigs(
    vocab="abc", height=32, width=64, channels=3, width_multiplier=0.25, max_text_length=5
)
RNG = np.random.default_rng(0)
COLOUR = RNG.integers(0, 256, (3, 32, 64, 3)).astype(np.float32)
GREY = np.repeat(COLOUR[..., :1], 3, axis=-1)


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    """Return the folder of a run, and its network, whose weights are not as they are drawn."""
    run = RunFolder(tmp_path_factory.mktemp("old"))
    keras.utils.set_random_seed(1)
    network = make_model(OLD).reader
    network.set_weights([w + RNG.normal(0, 0.1, w.shape) ** 2 for w in network.get_weights()])
    OLD.save(run.configs)
    plain_copy(network).save(run.checkpoint)
    return run.path, network


def started(old, **changes):
    configs = OLD.replace(start_from=str(old[0]), **changes)
    return begin(make_model, configs).reader


def read(network, images):
    return np.asarray(network(images, training=False))


def test_the_same_network_reads_the_same(old):
    np.testing.assert_allclose(
        read(started(old), COLOUR), read(old[1], COLOUR), rtol=1e-4, atol=1e-6
    )


def test_grey_images_are_read_as_grey_ones_in_colour(old):
    grey = started(old, channels=1)
    np.testing.assert_allclose(read(grey, GREY[..., :1]), read(old[1], GREY), rtol=1e-3, atol=1e-5)


def test_new_characters_join_those_that_are_known(old, caplog):
    before, after = read(old[1], COLOUR), read(started(old, vocab="bcdeé"), COLOUR)
    known, kept = before[..., [1, 2, 3]], after[..., [0, 1, 5]]  # b, c and the blank
    np.testing.assert_allclose(
        kept / kept.sum(-1, keepdims=True), known / known.sum(-1, keepdims=True),
        rtol=1e-3, atol=1e-5,
    )  # fmt: skip
    assert after[..., 2:5].min() > 0


@pytest.mark.parametrize("height", [48, 50, 64, 24])
def test_another_height_begins_with_columns_as_high(old, height):
    network = started(old, height=height)
    learned, own = (
        next(w for w in one.get_weights() if w.ndim == 4 and w.shape[1] == 1 < w.shape[0])
        for one in (old[1], network)
    )
    np.testing.assert_allclose(learned.sum(0), own.sum(0), rtol=0.35, atol=0.2)
    assert own.shape[0] == -(-height // 16)


def test_a_grey_network_sees_the_luma_of_colours(old, tmp_path):
    run = RunFolder(tmp_path)
    configs = OLD.replace(channels=1)
    network = make_model(configs).reader
    configs.save(run.configs)
    plain_copy(network).save(run.checkpoint)
    colour = started((run.path, network))
    np.testing.assert_allclose(
        read(colour, GREY), read(network, GREY[..., :1]), rtol=1e-3, atol=1e-5
    )


@pytest.mark.parametrize("same", [True, False])
def test_a_start_from_a_run_on_the_same_images_is_told(tmp_path, caplog, monkeypatch, same):
    monkeypatch.setattr(LOGGER, "propagate", True)
    draw_folder(tmp_path / "drawn", count=20)
    new = ModelConfigs(dataset=str(tmp_path / "drawn"), start_from=str(tmp_path / "run"))
    dataset, _ = prepare_data(new.replace(start_from=None))
    run = RunFolder(tmp_path / "run")
    run.path.mkdir()
    run.checkpoint.touch()
    fingerprint = dataset.fingerprint if same else "another"
    new.replace(start_from=None, dataset_fingerprint=fingerprint).save(run.configs)
    prepare_data(new)
    assert ("learned from these images" in caplog.text) == same


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"width_multiplier": 0.5}, "a run with width_multiplier 0.5, received 0.25"),
        ({"architecture": "mltu_captcha"}, "a run with architecture mltu_captcha, received crnn"),
    ],
)
def test_another_network_is_refused(old, changes, message):
    with pytest.raises(InputError, match=message):
        require_start(OLD.replace(start_from=str(old[0]), **changes))


def test_what_is_no_run_is_refused(tmp_path):
    for path in (tmp_path, tmp_path / "gone"):
        with pytest.raises(InputError, match="the folder of a run, with model.keras and configs"):
            require_start(OLD.replace(start_from=str(path)))


def test_a_network_of_ones_own_that_differs_is_refused(old, monkeypatch):
    monkeypatch.setattr("model.CRNN_BLOCKS", ((32, (2, 2)), (128, (2, 2)), (96, (2, 1))))
    with pytest.raises(InputError, match="weights of another form"):
        started(old)
