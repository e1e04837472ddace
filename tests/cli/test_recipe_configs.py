"""The configuration that a training in this folder has."""

from pathlib import Path

import pytest

import configs
from ctckit.cli.recipe_configs import recipe_configs
from ctckit.errors import InputError

OWN = """
from __future__ import annotations
from typing import ClassVar
from dataclasses import dataclass
from ctckit.training.configs import TrainConfigs

@dataclass(frozen=True)
class ModelConfigs(TrainConfigs):
    min_steps: ClassVar[int] = 7
    height: int = 77
"""


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_it_is_the_recipes():
    assert vars(recipe_configs()()) == vars(configs.ModelConfigs())


@pytest.mark.parametrize(
    ("names", "height"), [(["train.py", "configs.py"], 77), (["configs.py"], 50)]
)
def test_a_folder_with_a_recipe_of_its_own_has_its_own(names, height):
    for name in names:
        Path(name).write_text(OWN, encoding="utf-8")
    assert recipe_configs()().height == height


def test_a_file_without_a_configuration_is_named():
    for name in ("train.py", "configs.py"):
        Path(name).write_text("ModelConfigs = dict", encoding="utf-8")
    with pytest.raises(InputError, match="class ModelConfigs of TrainConfigs in .*configs.py"):
        recipe_configs()
