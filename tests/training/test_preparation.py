"""What a run says about its data before it starts, and what it chooses for them."""

import cv2
import numpy as np
import pytest

from configs import ModelConfigs
from ctckit.errors import InputError
from ctckit.log import LOGGER
from ctckit.training.preparation import log_data, model_metadata, prepare_data
from ctckit.training.provider import make_provider
from tests.drawing import draw_folder, write_image


@pytest.fixture
def said(caplog, monkeypatch):
    monkeypatch.setattr(LOGGER, "propagate", True)
    return caplog


def warnings(said) -> list[str]:
    return [record.message for record in said.records if record.levelname == "WARNING"]


@pytest.mark.parametrize(("width", "warns"), [(None, False), (56, True), (64, False)])
def test_few_time_steps_for_long_texts_are_pointed_out(tmp_path, said, width, warns):
    draw_folder(tmp_path, count=10, length=4)
    dataset, configs = prepare_data(ModelConfigs(dataset=str(tmp_path), height=32, width=width))
    said.clear()
    log_data(dataset, configs)
    assert any("time steps are few" in message for message in warnings(said)) == warns


@pytest.mark.parametrize("rotate", ["270", "auto"])
def test_sizes_are_chosen_for_turned_images(tmp_path, rotate):
    (tmp_path / "high").mkdir()
    for text in draw_folder(tmp_path / "wide", count=10):
        image = cv2.imread(str(tmp_path / "wide" / f"{text}.png"))
        write_image(tmp_path / "high" / f"{text}.png", cv2.rotate(image, cv2.ROTATE_90_CLOCKWISE))
    wide = prepare_data(ModelConfigs(dataset=str(tmp_path / "wide"), height=32))
    high = prepare_data(ModelConfigs(dataset=str(tmp_path / "high"), height=32, rotate=rotate))
    assert high[1].width == wide[1].width == 96
    assert model_metadata(*high).rotate == rotate
    provider = make_provider(high[0].samples, high[1])
    upright = make_provider(wide[0].samples, wide[1])
    assert np.array_equal(provider[0][0], upright[0][0])


def test_the_configuration_of_a_run_chooses_the_same_again_and_other_images_are_said(
    tmp_path, said
):
    for name, seed in (("a", 0), ("b", 1)):
        draw_folder(tmp_path / name, count=10, seed=seed)
    dataset, configs = prepare_data(ModelConfigs(dataset=str(tmp_path / "a"), height=32))
    assert configs.dataset_fingerprint == dataset.fingerprint
    said.clear()
    assert prepare_data(configs) == (dataset, configs)
    assert warnings(said) == []
    other, _ = prepare_data(configs.replace(dataset=str(tmp_path / "b"), vocab="23456"))
    (message,) = warnings(said)
    assert dataset.fingerprint[:8] in message and other.fingerprint[:8] in message


@pytest.mark.parametrize(
    ("settings", "argument", "message"),
    [
        ({"folds": 11}, "folds", "received 11 and 10 images"),
        ({"validation_fraction": 0.01}, "validation_fraction", "holds back 0 of 10"),
    ],
)
def test_too_few_images_are_refused(tmp_path, settings, argument, message):
    draw_folder(tmp_path, count=10)
    with pytest.raises(InputError, match=message) as caught:
        prepare_data(ModelConfigs(dataset=str(tmp_path), **settings))
    assert caught.value.argument == argument


def test_metadata_names_the_run(tmp_path):
    draw_folder(tmp_path / "digits", count=10)
    dataset, configs = prepare_data(ModelConfigs(dataset=str(tmp_path / "digits")))
    metadata = model_metadata(dataset, configs)
    assert (metadata.dataset, str(metadata.vocabulary)) == ("digits", configs.vocab)
    assert metadata.extra["dataset_fingerprint"] == dataset.fingerprint
    assert set(metadata.extra["libraries"]) == {"tensorflow", "keras", "tf2onnx"}
