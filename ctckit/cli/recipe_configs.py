"""The configuration that a training in this folder has, without its command line."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from ctckit.cli.recipe import recipe_folder
from ctckit.errors import InputError
from ctckit.training.configs import TrainConfigs


def recipe_configs() -> type[TrainConfigs]:
    """Return the configuration that a training here has: that of the `configs.py` one stands by.

    Without a `train.py` and `configs.py` in the working directory it is the recipe's own, as
    `ctckit train` runs that.

    Raises:
        InputError: the file has no class `ModelConfigs` of the right kind.
    """
    module = recipe_module("configs.py")
    found = getattr(module, "ModelConfigs", None)
    if not (isinstance(found, type) and issubclass(found, TrainConfigs)):
        raise InputError(
            f"expected a class ModelConfigs of TrainConfigs in {module.__file__}, received none"
        )
    return found


def recipe_module(name: str) -> ModuleType:
    """Return a module of the recipe that one stands by, such as model.py.

    It may import what lies beside it.
    """
    own = all(Path(each).is_file() for each in ("train.py", name))
    path = (Path() if own else recipe_folder()) / name
    spec = spec_from_file_location(f"_ctckit_recipe_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise InputError(f"{path}: expected a module of Python")
    module = sys.modules[spec.name] = module_from_spec(spec)  # dataclasses look there
    sys.path.insert(0, str(path.resolve().parent))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.pop(0)
    return module
