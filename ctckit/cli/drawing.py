"""What the verbs have in common that draw images of texts."""

import string
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ctckit.errors import InputError
from ctckit.text.direction import LEFT_TO_RIGHT, direction_of

if TYPE_CHECKING:
    from ctckit.render.likeness import Likeness
    from ctckit.render.renderer import Renderer

PRINTABLE = "".join(one for one in string.printable if not one.isspace())
# The letters of Latin-1 and Latin Extended-A, which European languages are written in.
ACCENTED = "".join(
    one for one in map(chr, range(0xC0, 0x180)) if one.isalpha() and one not in "ĸŉſ"
)
SIGNS = "£€§°"


@dataclass(frozen=True)
class DrawingFlags:
    """What is drawn."""

    kinds: str | None = None
    """Of which kinds, as print,scene,captcha,hand,plate,display. None: of all."""
    fonts: Path | None = None
    """Folder with fonts. None: those of the system."""
    words: Path | None = None
    """File with a word in each line. None: the system's, such as /usr/share/dict/words."""
    characters: str = PRINTABLE + ACCENTED + SIGNS
    """What texts are made of, besides spaces."""
    seed: int = 0
    """Of everything."""

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn."""
        if not self.characters.strip():
            raise InputError(
                "expected at least one character, received none", argument="characters"
            )
        if direction_of(self.characters) != LEFT_TO_RIGHT:
            raise InputError(
                "expected characters that are written from left to right, received others; such "
                "texts cannot be drawn yet",
                argument="characters",
            )
        if self.seed < 0:
            raise InputError(f"expected 0 or more, received {self.seed}", argument="seed")

    def renderer(self, like: "Likeness | None" = None) -> "Renderer":
        """Return what draws it, in the manner of images if there are any."""
        from ctckit.render.renderer import make_renderer

        return make_renderer(
            self.characters,
            fonts=self.fonts,
            words=self.words,
            kinds=self.kinds.split(",") if self.kinds else None,
            seed=self.seed,
            like=like,
        )


def require_count(value: int, argument: str) -> None:
    """Refuse a number of things that is less than 1."""
    if value < 1:
        raise InputError(f"expected 1 or more, received {value}", argument=argument)
