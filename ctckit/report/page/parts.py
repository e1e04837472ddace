"""The pieces that the page is made of: numbers and characters to read, escaped text, tables."""

from collections.abc import Iterable, Sequence
from html import escape
from unicodedata import combining

from ctckit.evaluation.errors import differences

NOTHING = "∅"


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


def count(number: int, noun: str) -> str:
    """Return a number and its noun.

    >>> count(1, "image"), count(1040, "image")
    ('1 image', '1,040 images')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def visible(character: str) -> str:
    r"""Return a character so that it can be seen by itself; ∅ for none.

    >>> [visible(character) for character in ["a", " ", "", "\t"]]
    ['a', '␣', '∅', 'U+0009']
    """
    if not character:
        return NOTHING
    if character == " ":
        return "␣"
    if combining(character):
        return f"◌{character}"
    return character if character.isprintable() else f"U+{ord(character):04X}"


def marked(label: str, text: str) -> tuple[str, str]:
    """Return both as HTML, with the pieces that differ in <mark>.

    >>> marked("a<c", "abc")
    ('a<mark>&lt;</mark>c', 'a<mark>b</mark>c')
    """

    def mark(piece: str, is_equal: bool) -> str:
        return escape(piece) if is_equal or not piece else f"<mark>{escape(piece)}</mark>"

    segments = differences(label, text)
    return (
        "".join(mark(segment.label, segment.is_equal) for segment in segments),
        "".join(mark(segment.read, segment.is_equal) for segment in segments),
    )


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table that scrolls by itself where it is large.

    Args:
        caption: what it shows; escaped here, as the head is.
        head: a title for each column.
        rows: of each row the text of its first cell, escaped here, then ready cells.
    """
    titles = "".join(f'<th scope="col">{escape(title)}</th>' for title in head)
    body = "\n".join(
        f'<tr><th scope="row"><bdi>{escape(first)}</bdi></th>{"".join(cells)}</tr>'
        for first, *cells in rows
    )
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(caption)}">\n'
        f"<table><caption>{escape(caption)}</caption>\n"
        f"<thead><tr>{titles}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"
    )


def cell(content: str) -> str:
    """Return a table cell with escaped text."""
    return f"<td>{escape(content)}</td>"


def bar(share: float) -> str:
    """Return a table cell with a bar that fills `share` of it, 0…1."""
    return f'<td class="bar"><span style="--share:{100 * share:.1f}%"></span></td>'
