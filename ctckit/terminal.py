r"""What is printed: results on stdout, which no text of anybody's can turn into something else.

Labels, names of files and what a model says of itself may hold escape sequences, which a terminal
obeys, or line breaks and turns of direction, which make one line look like another. They arrive
visible, as \x1b, to be read by people. Files that are written hold every text as it is.
"""

import json
import re
import sys
from collections.abc import Iterable
from io import TextIOWrapper
from typing import Any

from tqdm import tqdm

# Controls, ends of lines and paragraphs, embeddings and overrides and isolates of direction, and
# bytes of file names that are no text.
_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    r"""Return `text` in one line, what would steer a terminal as Python and C would write it.

    >>> print(visible("a\x1b[2Jb\nc"))
    a\x1b[2Jb\nc
    """
    return _STEERING.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)


def show(*lines: str) -> None:
    """Print lines on stdout, above a progress bar that may be on the screen."""
    tqdm.write("\n".join(map(visible, lines)), file=sys.stdout)


def show_table(rows: Iterable[Iterable[str]]) -> None:
    r"""Print columns parted by tabs, if there are rows; a backslash is doubled: \\t is no tab.

    People and programs are shown the same, as what goes into a pipe often comes out in a terminal.
    """
    lines = ["\t".join(visible(cell.replace("\\", "\\\\")) for cell in row) for row in rows]
    if lines:
        tqdm.write("\n".join(lines), file=sys.stdout)
        sys.stdout.flush()


def show_json(value: Any) -> None:
    r"""Print a value as one line of JSON, in which \u001b is the character itself."""
    text = json.dumps(value, ensure_ascii=False)
    tqdm.write(_STEERING.sub(lambda match: f"\\u{ord(match[0]):04x}", text), file=sys.stdout)


def show_what_cannot_be_shown() -> None:
    r"""Let stdout print characters that its encoding lacks as \u4e2d."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
