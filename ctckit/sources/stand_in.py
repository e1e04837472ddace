"""Generated captchas: a stand-in of the form of `captcha_images_v2`, the same for every seed."""

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ctckit.errors import InputError
from ctckit.files import new_folder
from ctckit.log import progress
from ctckit.sources.names.folders import find_images

FONT_SIZES = (36, 40, 44)
RECIPE_FILES = (".recipe.json", "recipe.json")  # and what it was called in version 0.2


def generate_captchas(
    folder: str | Path,
    *,
    count: int = 1040,
    height: int = 50,
    width: int = 200,
    length: int = 5,
    characters: str = "2345678bcdefgmnpwxy",
    seed: int = 0,
) -> Path:
    """Draw `count` captchas into `folder`, each a PNG file named after its text.

    All texts differ. The same arguments give the same files, byte for byte. A folder that was
    drawn with the same arguments before is used as it is.

    Args:
        folder: Where the images go; appears whole or not at all.
        count: Number of images.
        height: Of each image, in pixels.
        width: Of each image, in pixels.
        length: Characters in each text.
        characters: Letters and digits the texts are made of.
        seed: Of the texts and of the drawing.

    Returns:
        The folder.

    Raises:
        InputError: Fewer than `count` different texts are possible, a character is neither a
            letter nor a digit, the folder holds something else, or the package `captcha` is
            not installed.
    """
    recipe = {
        "count": count, "height": height, "width": width, "length": length,
        "characters": characters, "seed": seed,
    }  # fmt: skip
    folder = Path(folder)
    if _is_drawn(folder, recipe):
        return folder
    texts = _draw_texts(count, length, characters, seed)
    with new_folder(folder) as target, _seeded_captcha(seed) as captcha:
        drawer = captcha.ImageCaptcha(width, height, font_sizes=FONT_SIZES)
        for text in progress(texts, "generate captchas", unit="image"):
            drawer.generate_image(text).save(target / f"{text}.png")
        (target / RECIPE_FILES[0]).write_text(json.dumps(recipe), encoding="utf-8")
    return folder


def _is_drawn(folder: Path, recipe: dict[str, Any]) -> bool:
    files = [folder / name for name in RECIPE_FILES if (folder / name).is_file()]
    same = any(file.read_text(encoding="utf-8") == json.dumps(recipe) for file in files)
    return same and len(find_images(folder)) == recipe["count"]


def _draw_texts(count: int, length: int, characters: str, seed: int) -> list[str]:
    if not characters.isalnum():
        raise InputError(f"expected letters and digits as characters, received {characters!r}")
    possible = len(set(characters)) ** length
    if not 0 < count <= possible:
        raise InputError(
            f"expected 1 to {possible} images ({length} of {len(set(characters))} characters "
            f"give as many different texts), received count {count}"
        )
    rng = random.Random(seed)
    texts: dict[str, None] = {}
    while len(texts) < count:
        texts["".join(rng.choices(characters, k=length))] = None
    return list(texts)


class _SeededSecrets:
    """The functions of the standard module `secrets` that `captcha` calls, but repeatable."""

    def __init__(self, seed: int) -> None:
        rng = random.Random(seed)
        self.randbelow = rng.randrange
        self.randbits = rng.getrandbits
        self.choice = rng.choice


@contextmanager
def _seeded_captcha(seed: int) -> Iterator[Any]:
    """Lend the module `captcha.image` with a seeded source of randomness."""
    try:
        import captcha.image
    except ImportError as error:
        raise InputError("generating images needs `pip install captcha`") from error
    module: Any = captcha.image  # what it offers does not include what it imports
    original = module.secrets
    module.secrets = _SeededSecrets(seed)
    try:
        yield module
    finally:
        module.secrets = original
