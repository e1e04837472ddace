"""A training that begins with what another one has learned."""

import re
from types import SimpleNamespace

import cv2
import keras
import numpy as np
import pytest

from configs import ModelConfigs
from ctckit import base
from ctckit.data.samples import Sample
from ctckit.errors import InputError
from ctckit.log import LOGGER
from ctckit.networks.plain import plain_copy
from ctckit.run_folder import RunFolder
from ctckit.training.callbacks.export import reading_network
from ctckit.training.configs import NOTHING
from ctckit.training.ensemble import read_all
from ctckit.training.fitting import begin, share_of_start
from ctckit.training.flat_start import MANY
from ctckit.training.preparation import prepare_data
from ctckit.training.provider import make_provider
from ctckit.training.start import (
    FEW,
    FEW_VARIED,
    find_start,
    with_fitting_start,
    with_possible_start,
)
from model import make_model
from tests.drawing import draw_folder, draw_text, write_image

OLD = ModelConfigs(
    start_from=NOTHING,
    vocab="abc",
    height=32,
    width=64,
    channels=3,
    width_multiplier=0.25,
    max_text_length=5,
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
    return begin(make_model, configs)[0].reader


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
    dataset, _ = prepare_data(new.replace(start_from=NOTHING))
    run = RunFolder(tmp_path / "run")
    run.path.mkdir()
    run.checkpoint.touch()
    fingerprint = dataset.fingerprint if same else "another"
    new.replace(start_from=NOTHING, dataset_fingerprint=fingerprint).save(run.configs)
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
        find_start(OLD.replace(start_from=str(old[0]), **changes))


def test_what_is_no_run_is_refused(tmp_path):
    for path in (tmp_path, tmp_path / "gone"):
        with pytest.raises(
            InputError, match="auto, base, base-large, none, the folder of a run, with model.keras"
        ):
            find_start(OLD.replace(start_from=str(path)))


def test_a_network_of_ones_own_that_differs_is_refused(old, monkeypatch):
    monkeypatch.setattr("model.CRNN_BLOCKS", ((32, (2, 2)), (128, (2, 2)), (96, (2, 1))))
    with pytest.raises(InputError, match="weights of another form"):
        started(old)


def test_a_file_in_the_folder_of_a_run_stands_for_it(old):
    for place in (old[0], old[0] / "model.keras"):
        assert find_start(OLD.replace(start_from=str(place))).checkpoint == old[0] / "model.keras"
    for nothing in (NOTHING, None):
        assert find_start(OLD.replace(start_from=nothing)) is None


def possible(configs):
    return with_possible_start(configs, FEW + 1, are_varied=False)


@pytest.fixture
def log(caplog, monkeypatch):
    """Return what is logged, whatever ran before in this process."""
    monkeypatch.setattr(LOGGER, "propagate", True)
    caplog.set_level("INFO", logger=LOGGER.name)
    return caplog


def test_files_of_several_models(tmp_path):
    run = RunFolder(tmp_path)
    OLD.save(run.configs)
    run.checkpoint.touch()
    for index in (1, 2):
        run.member(index).path.mkdir()
        run.member(index).checkpoint.touch()
    for given, found in ((tmp_path, 1), (run.checkpoint, 1), (run.member(2).checkpoint, 2)):
        start = find_start(OLD.replace(start_from=str(given)))
        assert start.checkpoint == run.member(found).checkpoint


def test_a_run_of_an_earlier_version_started_from_nothing(tmp_path):
    path = ModelConfigs().save(tmp_path / "configs.yaml")
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub("start_from:.*\n", "", text), encoding="utf-8")
    assert ModelConfigs.load(path).start_from == NOTHING and "start_from: auto" in text


def test_a_base_that_is_another_network_is_no_start(log):
    for changes in ({"width_multiplier": 0.5}, {"architecture": "mltu_captcha"}):
        configs = OLD.replace(**{"width_multiplier": 1.0, "start_from": base.NAME} | changes)
        assert find_start(configs) is None
        assert possible(configs).start_from == NOTHING
    assert "from nothing: crnn, 0.5 times as wide as usual, is another network" in log.text
    assert "from nothing: mltu_captcha, 1 times as wide" in log.text
    assert possible(ModelConfigs()).start_from == base.NAME


@pytest.mark.parametrize("multiplier", [1.0, 2.0])
def test_the_large_base_brings_its_width_and_rate(log, multiplier):
    asked = ModelConfigs(
        start_from=base.LARGE, vocab="abc", width=64, max_text_length=5, channels=1,
        width_multiplier=multiplier,
    )  # fmt: skip
    configs = possible(asked)
    assert (configs.width_multiplier, configs.learning_rate) == (2.0, base.LARGE_RATE)
    assert "start       base-large: 2 times as wide as usual, learning rate 0.001" in log.text
    assert possible(asked.replace(learning_rate=3e-3)).learning_rate == 3e-3
    assert possible(configs) == configs, "a run that goes on"
    begin(make_model, configs)
    assert "start       from base-large: 3 of 3 characters known" in log.text


def test_another_width_than_the_large_base_has_keeps_its_rate(log):
    configs = possible(ModelConfigs(start_from=base.LARGE, width_multiplier=0.5))
    assert configs == ModelConfigs(start_from=NOTHING, width_multiplier=0.5)


@pytest.mark.parametrize(
    ("num_images", "are_varied", "changes", "start"),
    [
        (FEW, False, {}, base.LARGE),
        (FEW + 1, False, {}, base.NAME),
        (FEW + 1, True, {}, base.LARGE),
        (FEW_VARIED, True, {}, base.LARGE),
        (FEW_VARIED + 1, True, {}, base.NAME),
        (20, True, {"time_budget": "30s"}, base.NAME),
        (20, True, {"width_multiplier": 0.5}, NOTHING),
        (20, True, {"architecture": "mltu_captcha"}, NOTHING),
        (20, True, {"start_from": base.NAME}, base.NAME),
        (20, True, {"start_from": NOTHING}, NOTHING),
    ],
)
def test_few_images_and_varied_ones_begin_with_the_large_base(
    num_images, are_varied, changes, start
):
    found = with_possible_start(ModelConfigs(**changes), num_images, are_varied=are_varied)
    assert found.start_from == start
    assert found.width_multiplier == changes.get("width_multiplier", 1 + (start == base.LARGE))


@pytest.mark.parametrize(("cut", "start"), [(0, base.NAME), (40, base.LARGE)])
def test_whether_images_are_varied_is_seen(tmp_path, monkeypatch, cut, start):
    monkeypatch.setattr("ctckit.training.start.FEW", 9)
    for index, text in enumerate(draw_folder(tmp_path, count=20)):
        image = draw_text(text)
        write_image(tmp_path / f"{text}.png", image[:, : image.shape[1] - cut * (index % 2)])
    assert prepare_data(ModelConfigs(dataset=str(tmp_path)))[1].start_from == start


@pytest.mark.parametrize(
    ("given", "count", "others", "share"),
    [
        (None, 9, 0, 0.2),
        (None, FEW, 0, 0.2),
        (None, 4 * FEW, 0, 0.05),
        (None, 9, 1, 0),
        (0.5, 4 * FEW, 0, 0.5),
    ],
)
def test_some_of_the_start_stays_where_images_are_few(given, count, others, share):
    provider = SimpleNamespace(samples=range(count), unlabelled=range(others), free_width=False)
    configs = ModelConfigs(start_share=given)
    assert share_of_start(None, configs, provider, has_start=True) == share
    assert share_of_start(None, configs, provider, has_start=False) == 0


@pytest.mark.parametrize(
    ("right", "number", "others", "share"),
    [
        (4, FEW, (), 0.6),
        (2, FEW, (), 0.3),
        (0, FEW, (), 0.2),
        (2, 2 * FEW, (), 0.15),
        (2, FEW, ("a",), 0.3),
        (0, FEW, ("a",), 0.0),
    ],
)
def test_more_of_the_start_stays_of_varied_images_that_it_reads(
    tmp_path, monkeypatch, right, number, others, share
):
    draw_folder(tmp_path, count=4)
    paths = sorted(tmp_path.iterdir())
    for path in paths[:2]:
        write_image(path, cv2.imread(str(path))[:, ::2])
    images = [str(path) for path in paths]
    configs = OLD.replace(width="auto", stretch=1.0, batch_size=2)
    provider = make_provider([Sample(image, "a") for image in images], configs)
    read = read_all(reading_network(make_model(configs)), provider, configs.vocabulary)
    assert provider.free_width and len(read) == 4
    monkeypatch.setattr(
        "ctckit.training.fitting.read_all",
        lambda *given: {place: ("a" if place < right else "b", 1.0) for place in range(4)},
    )
    monkeypatch.setattr("ctckit.training.fitting.FEW", FEW * 4 / number)  # as if there were more
    provider = provider.with_(unlabelled=others)
    found = share_of_start(make_model(configs), configs, provider, has_start=True)
    assert found == pytest.approx(share)


@pytest.mark.parametrize(("others", "share"), [((), 0.2), (("a",), 0.0)])
def test_images_of_one_form_are_not_varied_for_having_own_widths(tmp_path, others, share):
    draw_folder(tmp_path, count=4)
    configs = OLD.replace(width="auto", stretch=1.0, batch_size=2)
    provider = make_provider([Sample(str(path), "a") for path in tmp_path.iterdir()], configs)
    provider = provider.with_(unlabelled=others)
    assert provider.free_width
    assert share_of_start(None, configs, provider, has_start=True) == share


@pytest.mark.parametrize(("rate", "kept"), [(5e-3, 5e-3), (2e-3, 2e-3)])
def test_a_network_of_ones_own_is_as_wide_as_usual(log, monkeypatch, tmp_path, rate, kept):
    """Before it is made nobody knows that the large base is no start for it."""
    asked = ModelConfigs(
        start_from=base.LARGE, vocab="abc", width=64, max_text_length=5, channels=1,
        learning_rate=rate,
    )  # fmt: skip
    large, run = possible(asked), RunFolder(tmp_path)
    log.clear()
    assert with_fitting_start(make_model, large, run) == large and not run.configs.is_file()
    assert not log.text, "the network says its parameters when it is made to be trained"
    monkeypatch.setattr("model.CRNN_BLOCKS", ((32, (2, 2)), (128, (2, 2)), (96, (2, 1))))
    configs = with_fitting_start(make_model, large, run)
    assert configs == asked.replace(start_from=NOTHING, learning_rate=kept)
    assert ModelConfigs.load(run.configs) == configs
    assert "from nothing: model.py has another network than the base" in log.text


def test_a_network_of_ones_own_begins_as_drawn_without_the_base(log, monkeypatch):
    monkeypatch.setattr("model.CRNN_BLOCKS", ((32, (2, 2)), (128, (2, 2)), (96, (2, 1))))
    configs = ModelConfigs(vocab="abc", width=64, max_text_length=5, channels=1)
    drawn, begun = (
        begin(make_model, configs.replace(start_from=start))[0].reader.get_weights()
        for start in (NOTHING, base.NAME)
    )
    for one, other in zip(drawn, begun, strict=True):
        np.testing.assert_array_equal(one, other)
    assert "from nothing: model.py has another network than the base" in log.text


@pytest.mark.parametrize(("num_new", "is_on"), [(MANY - 1, False), (MANY, True)])
def test_only_very_many_new_characters_begin_with_a_flat_start(old, num_new, is_on):
    """It would take from a network that reads where it has found characters to stand."""
    others = "".join(map(chr, range(0x4E00, 0x4E00 + num_new)))
    configs = OLD.replace(start_from=str(old[0]), vocab=OLD.vocab + others)
    assert make_model(configs).flat_start.is_on
    assert bool(begin(make_model, configs)[0].flat_start.is_on) == is_on


def test_the_base_reads_characters_that_a_run_shares():
    path = base.find_run(base.NAME)
    assert path == base.FOLDER and sorted(each.name for each in path.iterdir() if each.is_file())
    configs = ModelConfigs(vocab="0123456789é", width=200, max_text_length=5, channels=1)
    network = begin(make_model, configs)[0].reader
    loaded = keras.models.load_model(path / "model.keras")
    assert len(network.get_weights()) == len(loaded.get_weights())
