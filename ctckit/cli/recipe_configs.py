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
    own = all(Path(name).is_file() for name in ("train.py", "configs.py"))
    path = Path("configs.py") if own else recipe_folder() / "configs.py"
    found = getattr(_loaded(path), "ModelConfigs", None)
    if not (isinstance(found, type) and issubclass(found, TrainConfigs)):
        raise InputError(f"expected a class ModelConfigs of TrainConfigs in {path}, received none")
    return found


def _loaded(path: Path) -> ModuleType:
    """Return the module in a file, which may import what lies beside it."""
    spec = spec_from_file_location("_ctckit_recipe_configs", path)
    if spec is None or spec.loader is None:
        raise InputError(f"{path}: expected a module of Python")
    module = sys.modules[spec.name] = module_from_spec(spec)  # dataclasses look there
    sys.path.insert(0, str(path.resolve().parent))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.pop(0)
    return module
