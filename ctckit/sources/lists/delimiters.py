"""What parts the columns of a list, told by the images that its first lines name."""

import re
from collections.abc import Callable

from ctckit.sources.files.suffixes import IMAGE_SUFFIXES

DELIMITERS = {
    "\t": "a tab", ",": "a comma", ";": "a semicolon", "|": "a bar", "->": "an arrow",
    "=>": "an arrow", "=": "an equals sign", ":": "a colon", " ": "a blank",
}  # fmt: skip
PLAIN = ("->", "=>", "=", ":", " ")  # part a name and the rest of the line, which is a label
NUM_LOOKED_AT = 50  # lines that tell the form of a list

_SUFFIXES = "|".join(re.escape(suffix) for suffix in sorted(IMAGE_SUFFIXES))
_IMAGE_NAME = re.compile(rf"\S.*(?:{_SUFFIXES})", re.IGNORECASE)
_LINE = re.compile(r".*\n?")

IsImage = Callable[[str], bool]


def image_share(text: str, is_image: IsImage) -> float:
    """Return the share of the first lines of `text` that name an image in some column, 0…1."""
    lines = first_lines(without_comments(text, is_image))
    if not lines:
        return 0.0
    score = max(_score(lines, delimiter, is_image) for delimiter in DELIMITERS)
    return score / max(len(lines) - 1, 1)  # the header may name none


def without_comments(text: str, is_image: IsImage) -> str:
    """Return a list, its first lines empty that begin with # and have no image that is there."""
    end = 0
    for line in _LINE.finditer(text):  # one by one: all could be comments
        words = line[0].strip()
        if words and (words[0] != "#" or _has_image(words, is_image)):  # `#1.png` is one
            break
        end = line.end()
    return "\n" * text.count("\n", 0, end) + text[end:]


def _has_image(line: str, is_image: IsImage) -> bool:
    cells = {cell.strip() for delimiter in DELIMITERS for cell in line.split(delimiter, 1)}
    return any(map(is_image, cells - {""}))


def first_lines(text: str) -> list[str]:
    """Return the lines of `text` that are looked at; empty ones are skipped."""
    lines = text.lstrip("\r\n")[: NUM_LOOKED_AT * 400].splitlines()
    return [line for line in lines if line.strip()][: NUM_LOOKED_AT + 1]


def delimiter_of(lines: list[str], is_image: IsImage) -> str:
    """Return what parts the columns: where most lines name an image, the first that does so."""
    scores = {delimiter: _score(lines, delimiter, is_image) for delimiter in DELIMITERS}
    best = max(scores, key=lambda delimiter: scores[delimiter])
    if scores[best]:
        return best
    tables = [delimiter for delimiter in DELIMITERS if delimiter not in PLAIN]
    widths = {delimiter: lines[0].count(delimiter) for delimiter in tables}
    return max(widths, key=lambda delimiter: widths[delimiter]) if any(widths.values()) else ","


def _score(lines: list[str], delimiter: str, is_image: IsImage) -> int:
    """Return how many lines have several columns, one of them an image."""
    split = (line.split(delimiter, 1 if delimiter in PLAIN else -1) for line in lines)
    return sum(
        len(cells) > 1 and any(names_image(cell, is_image) for cell in cells) for cells in split
    )


def names_image(cell: str, is_image: IsImage) -> bool:
    """Say whether a cell is the name of an image, by its suffix or because it is there."""
    name = cell.strip().strip('"')
    return bool(_IMAGE_NAME.fullmatch(name)) or (bool(name) and is_image(name))
