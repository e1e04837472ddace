"""`ctckit base render`: drawn images of texts, which a base is trained on."""

from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ctckit.cli.drawing import DrawingFlags, require_count
from ctckit.cli.running import require_packages
from ctckit.errors import InputError
from ctckit.files import new_folder, require_free, write_table
from ctckit.log import counted, progress
from ctckit.terminal import show

if TYPE_CHECKING:
    from ctckit.render.renderer import Renderer

SHOWN = 48  # images on the page


@dataclass(frozen=True)
class Render(DrawingFlags):
    """Draw images of texts: of many kinds, faces and grounds, each with its text.

    The folder gets the images, a labels.csv, and preview.png, a page of the first ones. The same
    fonts, words and flags give the same files.
    """

    target: Path | None = field(default=None, metadata={"positional": True})
    """A new folder."""
    count: int = 1000
    """How many images."""

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn."""
        super().__post_init__()
        require_count(self.count, "count")

    def run(self) -> None:
        """Do it."""
        if self.target is None:
            raise InputError("expected a new folder to draw into, received none")
        require_free(self.target)
        require_packages("fontTools", "PIL")
        from ctckit.report.grid import image_grid, save_png

        renderer = self.renderer()
        with (
            new_folder(self.target) as folder,
            get_context("spawn").Pool(initializer=_begin, initargs=(renderer, folder)) as pool,
        ):
            drawn = pool.imap(_draw, range(self.count), chunksize=16)
            rows = list(progress(drawn, "draw", total=self.count, unit="image"))
            write_table(folder / "labels.csv", ("image", "label"), rows)
            images, texts = zip(*map(renderer, range(min(SHOWN, self.count))), strict=True)
            save_png(folder / "preview.png", image_grid(images, texts))
        show(f"{self.target}  {counted(self.count, 'image')}, the first of them in preview.png")


_DRAWING: dict[str, Any] = {}  # what a process of the pool draws, and where


def _begin(renderer: "Renderer", folder: Path) -> None:
    _DRAWING.update(renderer=renderer, folder=folder)


def _draw(number: int) -> tuple[str, str]:
    import cv2

    image, text = _DRAWING["renderer"](number)
    name = f"{number:07}.png"
    encoded = cv2.imencode(".png", image)[1]
    Path(_DRAWING["folder"], name).write_bytes(encoded.tobytes())
    return name, text
