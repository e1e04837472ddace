"""What `train.py` says about the data before it starts."""

import pytest

from configs import ModelConfigs
from ctckit.log import LOGGER
from data import describe, prepare_data
from tests.drawing import draw_folder


@pytest.fixture
def said(caplog, monkeypatch):
    monkeypatch.setattr(LOGGER, "propagate", True)
    return caplog


@pytest.mark.parametrize(("width", "warns"), [(None, False), (56, True), (64, False)])
def test_few_time_steps_for_long_texts_are_pointed_out(tmp_path, said, width, warns):
    draw_folder(tmp_path, count=10, length=4)
    dataset, configs = prepare_data(ModelConfigs(dataset=str(tmp_path), height=32, width=width))
    said.clear()
    describe(dataset, configs)
    messages = [record.message for record in said.records if record.levelname == "WARNING"]
    assert any("time steps are few" in message for message in messages) == warns
