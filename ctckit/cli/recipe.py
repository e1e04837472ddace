"""The recipe: the files that `ctckit train` runs and `ctckit new` hands out."""

from pathlib import Path

import ctckit

SCRIPTS = ("train.py", "model.py", "configs.py", "inferenceModel.py")
NOTES = ("Datasets/README.md", "Models/README.md")


def recipe_folder() -> Path:
    """Return where the recipe lies: in the package if that was built, else beside it."""
    package = Path(ctckit.__file__).parent
    built = package / "recipe"
    return built if built.is_dir() else package.parent
