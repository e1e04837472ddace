"""Lists of images and labels: tables whose columns are parted by a comma, a tab and the like."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ctckit.errors import InputError
from ctckit.log import counted
from ctckit.sources.files.tree import first
from ctckit.sources.listing import PARTS
from ctckit.sources.lists.columns import choose_columns, usual_columns, usual_labels
from ctckit.sources.lists.delimiters import (
    DELIMITERS,
    NUM_LOOKED_AT,
    PLAIN,
    IsImage,
    delimiter_of,
    first_lines,
    names_image,
    without_comments,
)
from ctckit.sources.lists.rows import Row
from ctckit.sources.options import SourceOptions

MAX_COLUMNS = 1000  # more are no table of images and labels
MANY = 5  # labels that a rule about all of them needs
STATE, UNREADABLE = "state", "unreadable"  # a column of what `ctckit label` writes, and a state
STATES = {"labelled", "empty", "given", UNREADABLE}
PART_COLUMNS = ("split", "subset", "part", "partition", "usage", "set", "phase")


class Record(NamedTuple):
    """A row of a table and the number of its first line."""

    line: int
    cells: list[str]


class Table(NamedTuple):
    """The rows of a list, and how it was read."""

    rows: list[Row]
    said: str


def parse_table(text: str, options: SourceOptions, place: str, is_image: IsImage) -> Table:
    """Return the rows of a list of images and labels.

    What parts the columns, and whether there is a header, is found out by looking; columns are
    those that `choose_columns` chooses, or the one that names images and the only other one.

    Args:
        text: of the list.
        options: may name the columns.
        place: to name the list to people.
        is_image: says whether there is an image of a name.

    Raises:
        InputError: columns cannot be told apart, or rows have too many fields, or a quote swallows
            rows: all named by the numbers of their lines.
    """
    text = without_comments(text, is_image)
    lines = first_lines(text)
    if not lines:
        raise InputError(f"expected rows in {place}, received none")
    delimiter = delimiter_of(lines, is_image)
    header, records = _header(list(_records(text, delimiter, place)), options, place, is_image)
    image, label = _columns(header, records, options, place, is_image)
    names = header or [str(index + 1) for index in range(_width(records))]
    _refuse_long_rows(records, len(names), place)
    parts = _parts(header, records)
    rows = [
        Row(_cell(cells, image), _cell(cells, label), line, part)
        for (line, cells), part in zip(records, parts, strict=True)
    ]
    _refuse_swallowed_rows(rows, place)
    said = f"columns {names[image].strip()} → {names[label].strip()}"
    said += f", parted by {DELIMITERS[delimiter]}"
    states = _states(header, records)
    unreadable = states.count(UNREADABLE)
    if unreadable:
        rows = [row for row, state in zip(rows, states, strict=True) if state != UNREADABLE]
        said += f", without {counted(unreadable, 'image')} that nobody could read"
    is_ours = any(states)  # there a quote is a character
    if not is_ours and (quote := _common_quote([row.label for row in rows])):
        rows = [row._replace(label=row.label.strip()[1:-1]) for row in rows]
        said += f", without the {quote} around all labels"
    return Table(rows, said)


def _states(header: list[str] | None, records: list[Record]) -> list[str]:
    """Return the state of each row of a list that `ctckit label` wrote, of others ""."""
    names = [name.strip().lower() for name in header or ()]
    if STATE not in names:
        return [""] * len(records)
    states = [_cell(cells, names.index(STATE)).strip() for _, cells in records]
    return states if {*states} <= STATES else [""] * len(records)


def _parts(header: list[str] | None, records: list[Record]) -> list[str]:
    """Return the part of the set that each row says it is of, in a column such as `split`."""
    names = [name.strip().lower() for name in header or ()]
    place = next((names.index(name) for name in PART_COLUMNS if name in names), None)
    nothing = [""] * len(records)
    if place is None:
        return nothing
    values = [_cell(cells, place).strip().lower() for _, cells in records]
    return [PARTS[value] for value in values] if PARTS.keys() >= {*values} else nothing


def _common_quote(labels: Sequence[str]) -> str:
    """Return the quote that stands around each of many labels, if it is the same."""
    quotes = {label.strip()[:1] + label.strip()[-1:] for label in labels if len(label.strip()) > 1}
    all_long = all(len(label.strip()) > 1 for label in labels)
    one = quotes.pop() if len(labels) >= MANY and all_long and len(quotes) == 1 else ""
    return one[:1] if one in ("''", '""') else ""


def _records(text: str, delimiter: str, place: str) -> Iterator[Record]:
    if delimiter in PLAIN:
        for number, line in enumerate(text.splitlines(), start=1):
            if line.strip():
                cells = line.strip().split(None if delimiter == " " else delimiter, 1)
                yield Record(number, [cell.strip() for cell in cells])
        return
    plain = delimiter == "\t" and not _is_quoted(text)
    blank_before_quote = re.search(rf'{re.escape(delimiter)} +"', text[:10_000]) is not None
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, strict=True,
        quoting=csv.QUOTE_NONE if plain else csv.QUOTE_MINIMAL,
        skipinitialspace=blank_before_quote,
    )  # fmt: skip
    start = 1
    try:
        for cells in reader:
            if any(cells):
                yield Record(start, cells)
            start = reader.line_num + 1
    except csv.Error as error:
        raise InputError(
            f"expected {place} to be a table, received a row that is none, from line {start} on: "
            f'{error}; a label with a " in it is quoted as "5"""'
        ) from error


def _is_quoted(text: str) -> bool:
    """Say whether a list parted by tabs has quoted cells; in most of them a " is a character."""
    cells = [cell for line in text.splitlines() for cell in line.split("\t") if '"' in cell]
    quoted = [cell for cell in cells if re.fullmatch(r'"(?:[^"]|"")*"', cell)]
    return bool(cells) and len(quoted) == len(cells) and any('""' in cell for cell in cells)


def _header(
    records: list[Record], options: SourceOptions, place: str, is_image: IsImage
) -> tuple[list[str] | None, list[Record]]:
    """Return the names of the columns, if the first row has such, and the other rows."""
    if not records:
        return None, records
    most = max(len(cells) for _, cells in records)
    if most > MAX_COLUMNS:
        raise InputError(
            f"expected up to {MAX_COLUMNS} columns in {place}, received {most:,}; give a list of "
            "images and labels"
        )
    cells = records[0].cells
    named = usual_columns(cells) is not None or _names_columns(options.columns, cells)
    if not named and any(names_image(cell, is_image) for cell in cells):
        return None, records
    return cells, records[1:]


def _names_columns(columns: str | None, cells: Sequence[str]) -> bool:
    wanted = {name.strip().casefold() for name in (columns or "").split(",")}
    return columns is not None and wanted <= {cell.strip().casefold() for cell in cells}


def _columns(
    header: list[str] | None,
    records: list[Record],
    options: SourceOptions,
    place: str,
    is_image: IsImage,
) -> tuple[int, int]:
    """Return the positions of image and label."""
    if options.columns is None and (header is None or usual_columns(header) is None):
        width = len(header) if header else _width(records)
        image, number = _column_of_images(records, width, is_image)
        if width == 2 and number * 2 >= len(records[:NUM_LOOKED_AT]) > 0:
            return image, 1 - image
    names = header or [str(index + 1) for index in range(_width(records))]
    image, label = choose_columns(names, options, place)
    if options.columns is None:  # of label and text, say, the one that tells the images apart
        others = [index for index in usual_labels(names) if index != image]
        label = max(others, key=lambda index: len({_cell(c, index) for _, c in records[:1000]}))
    return image, label


def _column_of_images(records: list[Record], width: int, is_image: IsImage) -> tuple[int, int]:
    """Return the column that names most images in the first rows, and how many."""
    numbers = [
        sum(names_image(_cell(cells, index), is_image) for _, cells in records[:NUM_LOOKED_AT])
        for index in range(width)
    ]
    most = max(numbers, default=0)
    return (numbers.index(most) if most else 0), most


def _width(records: list[Record]) -> int:
    """Return how many columns most rows have."""
    widths = Counter(len(cells) for _, cells in records[:1000])
    return widths.most_common(1)[0][0] if widths else 0


def _cell(cells: Sequence[str], index: int) -> str:
    return cells[index] if index < len(cells) else ""


def _refuse_long_rows(records: list[Record], width: int, place: str) -> None:
    long = [(line, cells) for line, cells in records if any(cells[width:])]
    if long:
        line, cells = long[0]
        numbers = first([str(number) for number, _ in long])
        raise InputError(
            f"expected {width} fields in each row of {place}, received {counted(len(long), 'row')} "
            f"with more, in line {numbers}: {' | '.join(cells)[:200]}; quote labels that hold what "
            "parts the columns"
        )


def _refuse_swallowed_rows(rows: list[Row], place: str) -> None:
    """Refuse labels of several lines: a quote that was never meant to open one opens it."""
    long = [row for row in rows if "\n" in row.label or "\n" in row.image or "\r" in row.label]
    if long:
        text = (long[0].image if "\n" in long[0].image else long[0].label).splitlines()
        raise InputError(
            f"expected a text of one line in each row of {place}, received {len(long)} of several: "
            f'in line {long[0].line} a quote opens, "{text[0]}, that takes {len(text) - 1} more '
            f'lines with it; a label with a " in it is quoted as "5"""'
        )


def images_in_table(text: str, place: str, is_image: IsImage) -> list[str]:
    """Return the images that a list names, whether it has labels or not.

    Args:
        text: of the list.
        place: to name the list to people.
        is_image: says whether there is an image of a name.

    Raises:
        InputError: no column names images.
    """
    text = without_comments(text, is_image)
    lines = first_lines(text)
    records = list(_records(text, delimiter_of(lines, is_image), place)) if lines else []
    _, records = _header(records, SourceOptions(), place, is_image)
    column, number = _column_of_images(records, _width(records), is_image)
    if not number:
        raise InputError(f"expected names of images in {place}, received none")
    return [_cell(cells, column).strip() for _, cells in records]
