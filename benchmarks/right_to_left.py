"""Measure whether Hebrew and Arabic are read as well as Latin letters of the same font.

    python -m benchmarks.right_to_left                                           about 25 minutes
    python -m benchmarks.right_to_left --quick                                   about 1 minute

Draws words of random letters in DejaVu Sans, each third one with a number, and trains and judges
a network on each script. Arabic letters are joined by Pillow's text layout (raqm).
"""

import random
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import keras
import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont, features

from benchmarks.common import error_columns, load, save, table
from benchmarks.rendered import write_drawn
from ctckit.augment.defaults import default_augmentors
from ctckit.cli.arguments import parse_arguments
from ctckit.cli.running import run_command
from ctckit.errors import InputError
from ctckit.log import LOGGER
from ctckit.text.error_rates import ErrorCounts, count_errors
from ctckit.text.greedy import greedy_decode
from ctckit.training.ensemble import predict_all
from ctckit.training.fitting import train_on
from ctckit.training.provider import make_provider
from model import make_model

LETTERS = {
    "latin": "abcdefghijklmnopqrstuvwxyz",
    "hebrew": "אבגדהוזחטיכלמנסעפצקרשתךםןףץ",
    "arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
}
FONT = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
HEIGHT, WIDTH = 48, 280


@dataclass(frozen=True)
class Arguments:
    """The command line."""

    scripts: tuple[str, ...] = tuple(LETTERS)
    """Some of latin, hebrew and arabic."""
    images: int = 1500
    """To train on, of each script and seed."""
    test_images: int = 300
    """To judge with."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """Of the texts, the drawing, the weights and the order."""
    quick: bool = False
    """One epoch on one seed: to see it work."""
    output: Path = Path("benchmarks/results/right_to_left.json")
    """JSON file to write."""


def main() -> None:
    """Print a table of the errors on each script."""
    arguments = parse_arguments(Arguments, prog="right_to_left", description=__doc__)
    if not features.check("raqm"):
        raise InputError("expected a Pillow with raqm, which joins Arabic letters, received none")
    rows = []
    for script in arguments.scripts:
        seeds = arguments.seeds[:1] if arguments.quick else arguments.seeds
        errors = [read_one(script, seed, arguments) for seed in seeds]
        each = ", ".join(f"{one.cer:.2%}" for one in errors)
        rows.append(
            {"script": script, **error_columns(sum(errors, ErrorCounts())), "CER by seed": each}
        )
    print(table(rows))
    save({"results": rows}, arguments.output)


def read_one(script: str, seed: int, arguments: Arguments) -> ErrorCounts:
    """Draw a set, train on a part of it and read the rest."""
    count, held_back = arguments.images + arguments.test_images, arguments.test_images
    with TemporaryDirectory() as folder:
        source = draw(Path(folder, script), LETTERS[script], count, seed)
        epochs = 1 if arguments.quick else None
        dataset, configs = load(str(source), seed=seed, train_epochs=epochs)
        keras.utils.clear_session()
        provider = make_provider(dataset.samples[:-held_back], configs)
        varied = provider.with_(augmentors=default_augmentors())
        network = train_on(varied, make_model, configs).reader
        test = provider.with_(dataset=dataset.samples[-held_back:])
        texts, _ = greedy_decode(predict_all(network, test), configs.vocabulary)
        errors = count_errors(texts, [sample.label for sample in test.samples])
    LOGGER.info("%s, seed %d: CER %.2f%%", script, seed, errors.cer * 100)
    return errors


def text(letters: str, rng: random.Random) -> str:
    """Return 3 to 7 letters, every third time with a number before or behind them."""
    word = "".join(rng.choices(letters, k=rng.randint(3, 7)))
    if rng.random() < 2 / 3:
        return word
    parts = [word, str(rng.randint(10, 999))]
    rng.shuffle(parts)
    return " ".join(parts)


def picture(drawn: str, rng: random.Random) -> Image.Image:
    """Draw one text at a changing place and size, with noise: grey, 48 x 280."""
    font = ImageFont.truetype(str(FONT), rng.randint(28, 32))
    image = Image.new("L", (WIDTH, HEIGHT), rng.randint(200, 255))
    left, top, right, bottom = font.getbbox(drawn)
    x = rng.randint(2, max(2, WIDTH - 2 - right)) - min(left, 0)
    y = rng.randint(0, max(0, HEIGHT - bottom))
    ImageDraw.Draw(image).text((x, y), drawn, font=font, fill=rng.randint(0, 90))
    image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0, 0.7)))
    noise = np.random.default_rng(rng.randrange(2**32)).normal(0, 8, (HEIGHT, WIDTH))
    return Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8))


def draw(folder: Path, letters: str, count: int, seed: int) -> Path:
    """Write `count` images of different texts and a labels.csv into a new folder."""
    rng = random.Random(seed)
    texts: dict[str, None] = {}
    while len(texts) < count:
        texts[text(letters, rng)] = None
    return write_drawn(folder, ((label, picture(label, rng)) for label in texts), len(texts))


if __name__ == "__main__":
    sys.exit(run_command(main))
