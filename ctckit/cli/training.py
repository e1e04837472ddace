"""The command line of `train.py`: every field of a configuration is a flag."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from ctckit import __version__
from ctckit.cli.arguments import flag_of, given_values
from ctckit.cli.recipe import recipe_folder
from ctckit.cli.running import require_opencv
from ctckit.errors import InputError
from ctckit.log import LOGGER
from ctckit.training.configs import CHANGEABLE, EXCLUSIVE, LENGTH, TrainConfigs

Configs = TypeVar("Configs", bound=TrainConfigs)


@dataclass(frozen=True)
class _RunFlags:
    """What else the command line takes."""

    config: Path | None = None
    """The configs.yaml of another run, or its folder: its settings instead of the defaults; flags
    beside it win."""
    resume: Path | None = None
    """Go on with the run in this folder, which did not come to its end: with its own settings and
    images, from where it was. Only what changes no image and no network may be given with it."""
    json: bool = False
    """Print the result as one JSON object, the last line on stdout."""


@dataclass(frozen=True)
class TrainingArguments(Generic[Configs]):
    """What the command line says: the configuration, and how to print the result."""

    configs: Configs
    as_json: bool
    resume: Path | None = None
    """The folder of the run to go on with."""


def parse_training(cls: type[Configs], description: str) -> TrainingArguments[Configs]:
    """Read the command line of this process.

    Args:
        cls: the configuration; every field is a flag.
        description: first lines of the help.

    Raises:
        InputError: a flag is unknown or has a value that cannot be.
    """
    given = given_values([cls, _RunFlags], prog=_program(), description=description)
    as_json, config = given.pop("json", False), given.pop("config", None)
    resume = given.pop("resume", None)
    if resume is not None:
        configs = _of_the_run(cls, resume, config, given)
    else:
        configs = cls() if config is None else _of_another_run(cls, config, given)
    configs = configs.replace(**given)
    LOGGER.info("ctckit %s", __version__)
    require_opencv()
    return TrainingArguments(configs, as_json, resume)


def _of_the_run(
    cls: type[Configs], resume: Path, config: Path | None, given: Mapping[str, Any]
) -> Configs:
    """Return the settings of the run to go on with."""
    others = [name for name in given if name not in CHANGEABLE] + ["config"] * (config is not None)
    if others:
        raise InputError(
            f"expected a run to go on as it began, received {flag_of(others[0])} with it; leave it "
            f"out (what may change: {', '.join(map(flag_of, CHANGEABLE))}), or begin a new run by "
            f"--config {resume}",
            argument="resume",
        )
    if not resume.is_dir():
        raise InputError(f"expected the folder of a run, received {resume}", argument="resume")
    return cls.load(resume)


def _of_another_run(cls: type[Configs], config: Path, given: Mapping[str, Any]) -> Configs:
    """Return the settings of another run, less those that what is given stands in for."""
    replaced = {"model_path", "publish"}  # where to write is not for another run to say
    for fields in (*EXCLUSIVE, LENGTH, ("width", "stretch")):
        replaced |= {other for other in fields if set(fields) & given.keys() and other not in given}
    return cls.load(config).replace(**dict.fromkeys(replaced), publish_states=False)


def _program() -> str:
    """Return what was typed: the recipe of the package runs as `ctckit train`."""
    script = Path(sys.argv[0])
    of_package = script.resolve().parent == recipe_folder() and not Path(script.name).is_file()
    return "ctckit train" if of_package else script.name
