"""What a run says about its data before it starts, and what it chooses for them."""

import pytest

from configs import ModelConfigs
from ctckit.errors import InputError
from ctckit.log import LOGGER
from ctckit.training.preparation import log_data, model_metadata, prepare_data
from tests.drawing import draw_folder


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
