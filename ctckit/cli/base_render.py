"""`ctckit base render`: drawn images of texts, which a base is trained on."""

import string
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ctckit.cli.running import require_packages
from ctckit.errors import InputError
from ctckit.files import new_folder, require_free, write_table
from ctckit.log import counted, progress
from ctckit.terminal import show

if TYPE_CHECKING:
    from ctckit.render.renderer import Renderer

ACCENTED = "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿŒœŠšŽž€£§°"
PRINTABLE = "".join(one for one in string.printable if not one.isspace())
SHOWN = 48  # images on the page


@dataclass(frozen=True)
class Render:
    """Draw images of texts: of many kinds, faces and grounds, each with its text.

    The folder gets the images, a labels.csv, and preview.png, a page of the first ones. The same
    fonts, words and flags give the same files.
    """

    target: Path | None = field(default=None, metadata={"positional": True})
    """A new folder."""
    count: int = 1000
    """How many images."""
    kinds: str | None = None
    """Of which kinds, as print,scene,captcha,hand,plate,display. None: of all."""
    fonts: Path | None = None
    """Folder with fonts. None: those of the system."""
    words: Path | None = None
    """File with a word in each line. None: the system's, such as /usr/share/dict/words."""
    characters: str = PRINTABLE + ACCENTED
    """What texts are made of, besides spaces."""
    seed: int = 0
    """Of everything."""

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn."""
        if self.count < 1:
            raise InputError(f"expected 1 or more, received {self.count}", argument="count")
        if not self.characters.strip():
            raise InputError(
                "expected at least one character, received none", argument="characters"
            )
        if self.seed < 0:
            raise InputError(f"expected 0 or more, received {self.seed}", argument="seed")

    def run(self) -> None:
        """Do it."""
        if self.target is None:
            raise InputError("expected a new folder to draw into, received none")
        require_free(self.target)
        require_packages("fontTools", "PIL")
        from ctckit.render.renderer import make_renderer
        from ctckit.report.grid import image_grid, save_png

        kinds = self.kinds.split(",") if self.kinds else None
        renderer = make_renderer(
            self.characters, fonts=self.fonts, words=self.words, kinds=kinds, seed=self.seed
        )
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
