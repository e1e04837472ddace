"""Put the recipe into the package as data; everything else stands in pyproject.toml.

`ctckit train` runs these files and `ctckit new` copies them. They are no modules of the package:
nobody's environment gets a module called train or model. An editable installation finds them where
they are.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

RECIPE = (
    *("train.py", "model.py", "configs.py", "inferenceModel.py"),
    *("Datasets/README.md", "Models/README.md"),
)


class BuildWithRecipe(build_py):
    """Build the package, then copy the recipe into it."""

    def run(self) -> None:
        """Do it."""
        super().run()
        if not self.editable_mode:
            for name in RECIPE:
                target = Path(self.build_lib, "ctckit", "recipe", name)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(name, target)


setup(cmdclass={"build_py": BuildWithRecipe})
