"""Draw numbers of handwritten digits: texts of varying width by many hands.

    python -m benchmarks.handwritten_numbers --digits MNIST --out numbers       a few seconds
    python train.py --dataset numbers                                           about 5 minutes

`--digits` is a folder with the four unpacked files of MNIST (LeCun et al. 1998, "Gradient-based
learning applied to document recognition"): `train-images-idx3-ubyte` and so on. The numbers of the
part `test` are by other writers than those of `train`.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.rendered import write_drawn
from ctckit.cli.arguments import parse_arguments
from ctckit.cli.running import run_command
from ctckit.errors import InputError
from ctckit.files import new_folder

PARTS = {"train": "train", "test": "t10k"}  # and how MNIST calls its files
INK = 30  # of 255, from which a pixel of a digit counts


@dataclass(frozen=True)
class Arguments:
    """The command line."""

    digits: Path = Path("MNIST")
    """Folder with the four files of MNIST."""
    out: Path = Path("numbers")
    """Folder to make; it gets a part train and a part test."""
    images: int = 1490
    """To learn from."""
    test_images: int = 2000
    """To test with."""
    seed: int = 1
    """Of the drawing."""


def main() -> None:
    """Draw both parts."""
    arguments = parse_arguments(Arguments, prog="handwritten_numbers", description=__doc__)
    counts = arguments.images, arguments.test_images
    with new_folder(arguments.out) as folder:
        for index, (part, count) in enumerate(zip(PARTS, counts, strict=True)):
            digits, labels = read_mnist(arguments.digits, PARTS[part])
            rng = np.random.default_rng(arguments.seed + index)
            write_drawn(folder / part, numbers(count, digits, labels, rng), count)


def read_mnist(folder: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the digits, uint8 (N, 28, 28), white on black, and what they are, uint8 (N,)."""
    contents = []
    for kind, header in (("images-idx3", 16), ("labels-idx1", 8)):
        file = folder / f"{part}-{kind}-ubyte"
        if not file.is_file():
            raise InputError(
                f"expected the unpacked files of MNIST, received a folder without {file}; "
                "give the one they lie in",
                argument="digits",
            )
        contents.append(np.fromfile(file, np.uint8)[header:])
    return contents[0].reshape(-1, 28, 28), contents[1]


def numbers(
    count: int, digits: np.ndarray, labels: np.ndarray, rng: np.random.Generator
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield `count` numbers of 2 to 12 digits with their pictures."""
    for _ in range(count):
        chosen = rng.integers(len(digits), size=rng.integers(2, 13))
        yield "".join(map(str, labels[chosen])), picture(digits[chosen], rng)


def picture(digits: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Write digits, uint8 (N, 28, 28), in one line on a paper: grey, uint8 (H, W)."""
    height = int(rng.integers(36, 64))
    gap, slope = int(rng.integers(-3, 6)), rng.uniform(-0.15, 0.15)
    x = int(rng.integers(4, 20))
    line = np.zeros((height + 30, 60 * 13 + 60), np.float32)
    for digit in digits:
        columns = np.flatnonzero(digit.max(axis=0) > INK)
        scale = height / 28 * rng.uniform(0.85, 1.1)
        glyph = cv2.resize(
            digit[:, columns[0] : columns[-1] + 1], None, fx=scale * rng.uniform(0.9, 1.1), fy=scale
        )
        y = int(15 + rng.integers(-4, 5) + slope * x * 0.15)
        y = max(0, min(y, len(line) - len(glyph)))
        place = slice(y, y + len(glyph)), slice(x, x + glyph.shape[1])
        line[place] = np.maximum(line[place], glyph)
        x += glyph.shape[1] + gap + int(rng.integers(0, 4))
    line = line[:, : x + int(rng.integers(4, 20))]
    ink, paper = rng.integers(10, 110), rng.integers(190, 256)
    image = paper + (ink - paper) * line / 255 + rng.normal(0, rng.uniform(0, 8), line.shape)
    if rng.random() < 0.4:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.5, 1.5))
    if rng.random() < 0.3:  # a ruled line
        image[int(len(line) * rng.uniform(0.75, 0.95))] = ink
    return np.clip(image, 0, 255).astype(np.uint8)


if __name__ == "__main__":
    sys.exit(run_command(main))
