"""`ctckit train`: run the recipe of the package."""

import runpy
import sys
from pathlib import Path

from ctckit.cli.recipe import recipe_folder
from ctckit.cli.running import require_packages
from ctckit.errors import InputError

NEEDED = ("tensorflow", "tf2onnx", "onnx", "yaml", "matplotlib", "tensorboard", "requests",
          "captcha")  # fmt: skip


class Train:
    """Train with the package's own recipe, in the folder one stands in.

    Args:
        words: of the command line, behind the verb.
    """

    def __init__(self, words: list[str]) -> None:
        self.words = words

    def run(self) -> None:
        """Do it.

        Raises:
            InputError: the folder has a recipe of its own, or the packages to train with are not
                installed.
        """
        recipe = recipe_folder()
        own = Path("train.py")
        if own.is_file() and not own.samefile(recipe / "train.py"):
            raise InputError(
                "expected a folder without a train.py, received one with its own; "
                "run that with: python train.py"
            )
        require_packages(*NEEDED)
        sys.argv[1:] = self.words
        sys.path.insert(0, str(recipe))
        runpy.run_path(str(recipe / "train.py"), run_name="__main__")
