"""What the templates write with `|`: numbers, characters and facts to read."""

from typing import Any
from unicodedata import combining


def percent(share: float, digits: int = 2) -> str:
    r"""Return a share of 0…1 to read; what is not quite all or nothing never looks so.

    >>> percent(0.0123), percent(1), percent(0.99999), percent(0.00001, digits=1)
    ('1.23\u202f%', '100\u202f%', '>\u202f99.99\u202f%', '<\u202f0.1\u202f%')
    """
    value, least = 100 * share, 10.0**-digits
    if value in (0, 100):
        return f"{value:.0f}\u202f%"
    if value < least / 2:
        return f"<\u202f{least:.{digits}f}\u202f%"
    if 100 - least / 2 < value < 100:
        return f">\u202f{100 - least:.{digits}f}\u202f%"
    return f"{value:.{digits}f}\u202f%"


def counted(number: int, noun: str = "") -> str:
    """Return a number with commas, and its noun if there is one.

    >>> counted(1, "image"), counted(1040, "image"), counted(1040)
    ('1 image', '1,040 images', '1,040')
    """
    if not noun:
        return f"{number:,}"
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def visible(character: str) -> str:
    r"""Return a character so that it can be seen by itself; ∅ for none.

    >>> [visible(character) for character in ["a", " ", "", "\t"]]
    ['a', '␣', '∅', 'U+0009']
    """
    if not character:
        return "∅"
    if character == " ":
        return "␣"
    if combining(character):
        return f"◌{character}"
    return character if character.isprintable() else f"U+{ord(character):04X}"


def fact(value: Any) -> str:
    """Return a value that JSON can hold to read.

    Characters become one text, other lists and what goes by name have commas; none is a dash.

    >>> fact(["0", "1"]), fact([1, 2]), fact({"keras": "3.15.1", "onnx": "1.17.0"})
    ('01', '1, 2', 'keras 3.15.1, onnx 1.17.0')
    >>> fact(True), fact(None), fact(0.5)
    ('yes', '–', '0.5')
    """
    if isinstance(value, dict):
        return ", ".join(f"{name} {fact(item)}" for name, item in value.items())
    if isinstance(value, list):
        separator = "" if all(isinstance(item, str) and len(item) == 1 for item in value) else ", "
        return separator.join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None else str(value)
