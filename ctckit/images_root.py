"""The folder that the lists of a run name their images relative to, so that both can move."""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ctckit.errors import InputError
from ctckit.files import replace_atomically

IMAGES_FILE = "images.json"


@dataclass(frozen=True)
class ImagesRoot:
    """Where the images of a run lie.

    Attributes:
        root: the folder, absolute, as it was when the run was made.
        relative_to_run: the same from the folder of the run, with `/`; None where there is no
            such way, as between two drives of Windows.
    """

    root: Path
    relative_to_run: str | None

    @classmethod
    def seen_from(cls, run: Path, root: Path) -> "ImagesRoot":
        """Return the root for a run in the folder `run`."""
        try:
            relative = Path(os.path.relpath(root, run.resolve())).as_posix()
        except ValueError:  # another drive
            return cls(root, None)
        return cls(root, relative)

    def save(self, run: Path) -> Path:
        """Write it into the folder of the run, whole or not at all."""
        facts = {"root": str(self.root), "relative_to_run": self.relative_to_run}
        path = run / IMAGES_FILE
        with replace_atomically(path) as temporary:
            text = json.dumps(facts, ensure_ascii=False, indent=1)
            temporary.write_text(text + "\n", encoding="utf-8")
        return path

    @classmethod
    def load(cls, run: Path) -> "ImagesRoot | None":
        """Return what `save` wrote; None where there is no such file.

        Raises:
            InputError: it holds something else.
        """
        path = run / IMAGES_FILE
        if not path.is_file():
            return None
        try:
            facts = json.loads(path.read_text(encoding="utf-8"))
            root, relative = facts["root"], facts["relative_to_run"]
            return cls(Path(root), None if relative is None else str(relative))
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise InputError(
                f"expected {path} to name the folder of the images as root and relative_to_run, "
                f"received another file ({error!r}); give the folder as images_root"
            ) from error

    def places(self, run: Path) -> list[Path]:
        """Return where the folder may be now: where it was, then where it lies from the run."""
        if self.relative_to_run is None:
            return [self.root]
        near = Path(os.path.normpath(run.resolve() / self.relative_to_run))
        return [self.root] if near == self.root else [self.root, near]


def common_root(files: Iterable[str | Path]) -> Path | None:
    """Return the deepest folder that holds all `files`, whose paths are absolute.

    None where there is none, as on two drives of Windows, or no file.

    >>> common_root(["/sets/a/1.png", "/sets/b/2.png"]).as_posix()
    '/sets'
    """
    folders = {os.path.dirname(file) for file in files}  # noqa: PTH120 - for every image of a run
    try:
        return Path(os.path.commonpath(folders))
    except ValueError:
        return None
