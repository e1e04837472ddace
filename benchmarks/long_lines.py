"""Measure whether lines longer than any learned are read as well: widths that follow the text.

    python -m benchmarks.long_lines                                               about 10 minutes
    python -m benchmarks.long_lines --quick                                       about 1 minute

Draws lines of random words in DejaVu Sans and trains on those of up to 25 characters; lines of 25
and of 60 are judged.
"""

import random
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import keras
import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from benchmarks import ours
from benchmarks.common import error_columns, load, save, table
from benchmarks.rendered import write_drawn
from ctckit.cli.arguments import parse_arguments
from ctckit.cli.running import run_command
from ctckit.text.error_rates import count_errors
from ctckit.text.greedy import greedy_decode
from ctckit.training.ensemble import predict_all
from ctckit.training.provider import make_provider

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
FONT = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
HEIGHT = 40


@dataclass(frozen=True)
class Arguments:
    """The command line."""

    images: int = 2500
    """To train on, of 3 to 25 characters."""
    test_images: int = 300
    """Of each length, to judge with."""
    lengths: tuple[int, ...] = (25, 60)
    """Of the lines to judge with, in characters; the first is what the others are compared with."""
    seeds: tuple[int, ...] = (0,)
    """Of the lines, the drawing, the weights and the order."""
    quick: bool = False
    """One epoch: to see it work."""
    output: Path = Path("benchmarks/results/long_lines.json")
    """JSON file to write."""


def main() -> None:
    """Print a table of the errors on each length."""
    arguments = parse_arguments(Arguments, prog="long_lines", description=__doc__)
    rows = []
    for seed in arguments.seeds:
        with TemporaryDirectory() as folder:
            rows += read_lengths(Path(folder), seed, arguments)
    print(table(rows))
    save({"results": rows}, arguments.output)


def read_lengths(folder: Path, seed: int, arguments: Arguments) -> list[dict[str, object]]:
    """Draw the lines, train on the short ones and read the others."""
    rng = random.Random(seed)
    source = draw(
        folder / "train", [line(rng.randint(3, 25), rng) for _ in range(arguments.images)], rng
    )
    dataset, configs = load(str(source), seed=seed, train_epochs=1 if arguments.quick else None)
    keras.utils.clear_session()
    model, clock = ours.train(configs, list(dataset.samples))
    rows: list[dict[str, object]] = []
    rates = []
    for length in arguments.lengths:
        texts = [line(length, rng) for _ in range(arguments.test_images)]
        drawn = draw(folder / str(length), texts, rng)
        samples = load(str(drawn), seed=seed)[0].samples
        test = make_provider(samples, configs.replace(max_text_length=length))
        read, _ = greedy_decode(predict_all(model.reader, test), configs.vocabulary)
        errors = count_errors(read, [sample.label for sample in samples])
        rates.append(errors.cer)
        rows.append({
            "characters": length, "seed": seed, **error_columns(errors),
            "CER, times the first": f"{errors.cer / max(rates[0], 1e-9):.2f}",
            "epochs": len(clock.epochs_s),
        })  # fmt: skip
    return rows


def line(length: int, rng: random.Random) -> str:
    """Return words of 1 to 9 random letters and digits, `length` characters with the blanks."""
    characters = rng.choices(LETTERS, k=length)
    place = rng.randint(1, 9)
    while place < length - 1:
        characters[place] = " "
        place += rng.randint(2, 10)
    return "".join(characters)


def draw(folder: Path, texts: list[str], rng: random.Random) -> Path:
    """Write an image of each text and a labels.csv into a new folder; grey, 40 pixels high."""
    return write_drawn(folder, ((text, picture(text, rng)) for text in texts), len(texts))


def picture(text: str, rng: random.Random) -> Image.Image:
    """Draw a line at a changing size, with noise; the image is as wide as the line."""
    font = ImageFont.truetype(str(FONT), rng.randint(22, 28))
    width = int(font.getlength(text)) + rng.randint(8, 24)
    image = Image.new("L", (width, HEIGHT), rng.randint(180, 255))
    place = rng.randint(2, 6), rng.randint(2, 8)
    ImageDraw.Draw(image).text(place, text, font=font, fill=rng.randint(0, 90))
    image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0, 0.8)))
    noise = np.random.default_rng(rng.randrange(2**32)).normal(0, 8, (HEIGHT, width))
    return Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8))


if __name__ == "__main__":
    sys.exit(run_command(main))
