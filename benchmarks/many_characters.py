"""Draw lines of 5 Chinese characters out of 3,000: a vocabulary that CTC alone does not learn.

    python -m benchmarks.many_characters --fonts NotoSansCJK-Regular.ttc --out lines   a minute
    python train.py --dataset lines                                            about an hour

`--fonts` are font files with Chinese characters, on Debian those of the package fonts-noto-cjk.
The lines of the part `test` are others than those of `train`.
"""

import random
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from benchmarks.rendered import write_drawn
from ctckit.cli.arguments import parse_arguments
from ctckit.cli.running import run_command
from ctckit.errors import InputError
from ctckit.files import new_folder

FIRST, RANGE = 0x4E00, 6000  # code points that characters are drawn from
SIZES = 34, 38  # pixels
LENGTH = 5
WIDTH, HEIGHT = 214, 50


@dataclass(frozen=True)
class Arguments:
    """The command line."""

    fonts: tuple[Path, ...] = (Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),)
    """Font files; each line is drawn in one of them."""
    out: Path = Path("lines")
    """Folder to make; it gets a part train and a part test."""
    characters: int = 3000
    """Different ones."""
    images: int = 20_000
    """To learn from; a tenth of them is held back to choose the epoch."""
    test_images: int = 2000
    """To test with."""
    seed: int = 0
    """Of the drawing."""


def main() -> None:
    """Draw both parts."""
    arguments = parse_arguments(Arguments, prog="many_characters", description=__doc__)
    missing = [file for file in arguments.fonts if not file.is_file()]
    if missing:
        raise InputError(
            f"expected font files with Chinese characters, received {missing[0]}, which is none; "
            "on Debian the package fonts-noto-cjk has some",
            argument="fonts",
        )
    fonts = [ImageFont.truetype(file, size) for file in arguments.fonts for size in SIZES]
    rng = random.Random(arguments.seed)
    characters = [chr(FIRST + code) for code in rng.sample(range(RANGE), arguments.characters)]
    with new_folder(arguments.out) as folder:
        for part, count in (("train", arguments.images), ("test", arguments.test_images)):
            texts = ("".join(rng.choices(characters, k=LENGTH)) for _ in range(count))
            drawn = ((text, picture(text, fonts, rng)) for text in texts)
            write_drawn(folder / part, drawn, count)


def picture(text: str, fonts: list[ImageFont.FreeTypeFont], rng: random.Random) -> np.ndarray:
    """Return grey pixels, uint8 (HEIGHT, WIDTH), with noise."""
    image = Image.new("L", (WIDTH, HEIGHT), rng.randint(190, 255))
    place = rng.randint(4, 18), rng.randint(-8, 2)
    ImageDraw.Draw(image).text(place, text, font=rng.choice(fonts), fill=rng.randint(0, 90))
    noise = np.random.default_rng(rng.randrange(2**32)).normal(0, 6, (HEIGHT, WIDTH))
    return np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8)


if __name__ == "__main__":
    sys.exit(run_command(main))
