"""`ctckit new`: a folder of one's own to train in."""

import json
import shutil
from dataclasses import dataclass, field
from importlib.metadata import distribution
from pathlib import Path
from urllib.parse import unquote, urlparse

from ctckit.cli.recipe import NOTES, SCRIPTS, recipe_folder
from ctckit.errors import InputError
from ctckit.files import new_folder
from ctckit.terminal import show


@dataclass(frozen=True)
class New:
    """Make a folder with train.py, model.py, configs.py and inferenceModel.py, to run and to edit.

    requirements.txt there names the place that this ctckit was installed from.
    """

    folder: Path | None = field(default=None, metadata={"positional": True})
    """Folder to make; must be new or empty."""

    def run(self) -> None:
        """Do it."""
        if self.folder is None:
            raise InputError("expected the name of a folder to make, received none")
        recipe = recipe_folder()
        with new_folder(self.folder) as target:
            for name in (*SCRIPTS, *NOTES):
                (target / name).parent.mkdir(exist_ok=True)
                shutil.copyfile(recipe / name, target / name)
            (target / "requirements.txt").write_text(requirements(), encoding="utf-8")
        show(f"{self.folder}: next, cd {self.folder} && python train.py --dataset FOLDER")


def requirements() -> str:
    """Return the line by which pip finds this ctckit again, with what training needs."""
    found = distribution("ctckit")
    origin = json.loads(found.read_text("direct_url.json") or "{}")
    url = origin.get("url")
    if url is None:
        line = f"ctckit[train]=={found.version}"
        reason = "ctckit, and what training needs."
    elif origin.get("dir_info", {}).get("editable"):
        line = f"-e {unquote(urlparse(url).path)}[train]"
        reason = "ctckit is on no package index: this is the working copy it was installed from."
    else:
        line = f"ctckit[train] @ {url}"
        reason = "ctckit is on no package index: this is the place it was installed from."
    return f"# {reason}\n{line}\n"
