"""Drawn texts: two sets that are hard in ways of their own, and how any set is written."""

import random
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from ctckit.data.samples import Sample, write_csv
from ctckit.files import new_folder
from ctckit.log import progress

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def variable_length(folder: Path, *, count: int = 2000, seed: int = 0) -> Path:
    """Draw grey texts of 1 to 10 letters, at a changing place and size, with noise."""
    rng = random.Random(seed)

    def draw(text: str) -> Image.Image:
        font = ImageFont.load_default(rng.randint(18, 26))
        image = Image.new("L", (200, 40), rng.randint(200, 255))
        left, top, right, bottom = font.getbbox(text)
        x = rng.randint(2, max(2, int(198 - right)))
        y = rng.randint(0, max(0, int(40 - bottom)))
        ImageDraw.Draw(image).text((x, y), text, font=font, fill=rng.randint(0, 90))
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0, 1)))
        noise = np.random.default_rng(rng.randrange(2**32)).normal(0, 12, (40, 200))
        return Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8))

    return _write(folder, lambda: "".join(rng.choices(LETTERS, k=rng.randint(1, 10))), draw, count)


def colour_only(folder: Path, *, count: int = 2000, seed: int = 0) -> Path:
    """Draw 5 digits in one hue on another of the same luma: grey images of them show nothing."""
    rng = random.Random(seed)

    def draw(text: str) -> Image.Image:
        font = ImageFont.load_default(30)
        mask = Image.new("L", (160, 50), 0)
        x = rng.randint(4, 50)
        for digit in text:
            ImageDraw.Draw(mask).text((x, rng.randint(2, 14)), digit, font=font, fill=255)
            x += rng.randint(17, 21)
        weight = np.asarray(mask, np.float64)[..., None] / 255
        paper, ink = _same_luma(rng, 150), _same_luma(rng, 150)
        while np.abs(paper - ink).sum() < 120:
            ink = _same_luma(rng, 150)
        pixels = paper * (1 - weight) + ink * weight
        noise = np.random.default_rng(rng.randrange(2**32)).normal(0, 5, (50, 160, 1))
        return Image.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8))

    return _write(folder, lambda: "".join(rng.choices("0123456789", k=5)), draw, count)


def _same_luma(rng: random.Random, luma: float) -> np.ndarray:
    """Return a random RGB colour whose luma (Rec. 601) is `luma`."""
    while True:
        red, blue = rng.uniform(40, 255), rng.uniform(40, 255)
        green = (luma - 0.299 * red - 0.114 * blue) / 0.587
        if 0 <= green <= 255:
            return np.array([red, green, blue])


def _write(folder: Path, draw_text, draw_image, count: int) -> Path:
    if folder.is_dir():
        return folder
    texts: dict[str, None] = {}
    while len(texts) < count:
        texts[draw_text()] = None
    with new_folder(folder) as target:
        for text in progress(texts, f"draw {folder.name}", unit="image"):
            draw_image(text).save(target / f"{text}.png")
    return folder


def write_drawn(
    folder: Path, drawn: Iterable[tuple[str, Image.Image | np.ndarray]], count: int
) -> Path:
    """Write `count` texts and their images, and a labels.csv, into a new folder; return the list.

    Args:
        folder: to make.
        drawn: each text with its image, or its pixels: uint8 (H, W) or RGB (H, W, 3).
        count: how many there are, for the progress bar.
    """
    folder.mkdir(parents=True)
    samples = []
    for text, image in progress(drawn, f"draw {folder.name}", total=count, unit="image"):
        path = folder / f"{len(samples):05}.png"
        Image.fromarray(np.asarray(image)).save(path)
        samples.append(Sample(str(path.resolve()), text))
    return write_csv(samples, folder / "labels.csv", root=folder.resolve())
