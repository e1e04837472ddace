"""`ctckit watch`: how a training goes, in a browser."""

import webbrowser
from dataclasses import dataclass, field
from pathlib import Path

from ctckit.errors import InputError
from ctckit.run_folder import MODELS_DIR, RunFolder
from ctckit.terminal import show


@dataclass(frozen=True)
class Watch:
    """Show how a training goes: curves, and what is read of some images held back.

    The page is a file that reloads itself while the training runs; nothing is served.
    """

    run_folder: Path | None = field(default=None, metadata={"positional": True})
    """The folder of a run. None: the one in Models/ whose page is the newest."""
    browser: bool = True
    """Open the page; without, its address is printed only."""

    def run(self) -> None:
        """Do it."""
        page = newest_page(self.run_folder or MODELS_DIR)
        show(str(page))
        if self.browser:
            webbrowser.open(page.resolve().as_uri())


def newest_page(folder: Path) -> Path:
    """Return the page that was written last, of a run or its models, or of the runs in a folder.

    Raises:
        InputError: there is none.
    """
    name = RunFolder(folder).progress.relative_to(folder)
    pages = [*folder.glob(str(name)), *folder.glob(f"*/{name}"), *folder.glob(f"*/*/{name}")]
    if not pages:
        raise InputError(
            f"expected a run in {folder} that has come to the end of an epoch, received none; "
            "wait for it, or name another folder"
        )
    return max(pages, key=lambda page: page.stat().st_mtime)
