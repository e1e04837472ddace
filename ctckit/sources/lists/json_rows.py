"""Images and their labels as JSON objects: one a line (JSON lines), or in one list.

https://jsonlines.org describes the lines. Objects have a key for the image and one for its label,
by their usual names (`columns.py`). The `metadata.jsonl` of Donut holds JSON once more, in
`ground_truth`: https://github.com/clovaai/donut#data.
"""

import json
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import PurePosixPath
from typing import Any

from ctckit.errors import InputError
from ctckit.log import counted
from ctckit.sources.files.heads import head, may_be_lists
from ctckit.sources.files.tree import Tree, first, join
from ctckit.sources.listing import PARTS, Listing
from ctckit.sources.lists.columns import choose_columns, usual_columns
from ctckit.sources.lists.json_text import kind_of, parse_json, parse_lines
from ctckit.sources.lists.rows import Row, listing_of_rows
from ctckit.sources.options import SourceOptions

LINES = (".jsonl", ".ndjson")
LIST = ".json"
NUM_LOOKED_AT = 100  # objects, for the keys that there are

_Objects = Iterable[tuple[int, dict[str, Any]]]


def find_json_rows(tree: Tree) -> str | None:
    """Return the list of a tree; the first one where there are such as train.jsonl and val.jsonl.

    Raises:
        InputError: there are several, and their names do not tell parts of one set.
    """
    names = [name for name in may_be_lists(tree, *LINES, LIST) if shows_json_rows(tree, name)]
    usual = [name for name in names if usual_columns(_first_keys(tree, name))]
    names = usual or [name for name in names if name.lower().endswith(LINES)]
    if len(names) > 1 and names != _lists_of_parts(tree, names[0]):
        raise InputError(
            f"expected one list in {tree.place}, received {first(names)}; give one of these "
            "files, or call them train, val and test"
        )
    return names[0] if names else None


def shows_json_rows(tree: Tree, name: str) -> bool:
    """Say whether a file holds JSON objects, a line each or in a list."""
    if name.lower().endswith(LINES):
        return head(tree, name).lstrip().startswith("{")
    return name.lower().endswith(LIST) and re.match(r"\s*\[\s*\{", head(tree, name)) is not None


def read_json_rows(tree: Tree, name: str, options: SourceOptions) -> Listing:
    """Return the samples of a list, and in a whole tree those of the other parts beside it.

    Labels that are whole numbers are read as their digits, and this is said. An object whose label
    is null has an empty one.

    Raises:
        InputError: it is no JSON, has no such keys, or values that are no text.
    """
    rows: list[Row] = []
    numbers = 0
    files = _lists_of_parts(tree, name)
    for file in files:
        part = _part(file) if len(files) > 1 else ""
        place = tree.address(file)
        for row, is_number in _rows(_objects(tree, file, place), options, place):
            rows.append(row._replace(part=part) if part else row)
            numbers += is_number
    listing = listing_of_rows(
        tree, name, rows, f"{first(files)}: a JSON object for each image", options.images_root
    )
    if not numbers:
        return listing
    note = f"numbers, not texts, in {name}: {counted(numbers, 'label')}; zeros before them are lost"
    return listing._replace(notes=[*listing.notes, note])


def _first_keys(tree: Tree, name: str) -> list[str]:
    start = head(tree, name)
    try:
        value, _ = json.JSONDecoder().raw_decode(start, start.index("{"))
    except (ValueError, RecursionError):  # an object longer than the head
        return []
    return list(value)


def _part(name: str) -> str:
    """Return the part of the set that a file is named after, or ""."""
    return PARTS.get(PurePosixPath(name).stem.lower(), "")


def _lists_of_parts(tree: Tree, name: str) -> list[str]:
    """Return the lists beside `name` that are called as parts of a set, if it is, too; sorted."""
    suffix = PurePosixPath(name).suffix
    folder = name.rpartition("/")[0]
    names = [join(folder, file) for file in tree.entries(folder).files if file.endswith(suffix)]
    return sorted(filter(_part, names)) if tree.whole and _part(name) else [name]


def _objects(tree: Tree, file: str, place: str) -> Iterator[tuple[int, dict[str, Any]]]:
    text = tree.text(file)
    if file.lower().endswith(LINES):
        yield from parse_lines(text, place)
        return
    entries = parse_json(text, place)
    if not isinstance(entries, list):
        raise InputError(f"expected a list of objects in {place}, received {kind_of(entries)}")
    for number, value in enumerate(entries, start=1):
        if not isinstance(value, dict):
            raise InputError(
                f"expected JSON objects in {place}, received {kind_of(value)} as entry {number}"
            )
        yield number, value


def _rows(objects: _Objects, options: SourceOptions, place: str) -> Iterator[tuple[Row, bool]]:
    """Yield the row of each object, and whether its label is a number."""
    iterator = iter(objects)
    looked_at = list(islice(iterator, NUM_LOOKED_AT))
    names = list(dict.fromkeys(key for _, value in looked_at for key in value))
    if not names:
        return
    image_at, label_at = choose_columns(names, options, place)
    image_key, label_key = names[image_at], names[label_at]
    for number, value in (*looked_at, *iterator):
        image, label = value.get(image_key), value.get(label_key)
        if type(image) is str and type(label) is str and label[:1] != "{":
            yield Row(image, label, number), False
            continue
        where = f"{place}, {'line' if place.lower().endswith(LINES) else 'entry'} {number}"
        if not isinstance(image, str):
            raise InputError(
                f"expected a file name as {image_key} in {where}, received {kind_of(image)}"
            )
        yield Row(image, _label(label, label_key, where), number), type(label) is int


def _label(label: Any, key: str, where: str) -> str:
    if label is None:
        return ""
    if isinstance(label, str):
        return _text_of_donut(label, key, where)
    if isinstance(label, int) and not isinstance(label, bool):
        return str(label)
    raise InputError(f"expected a text as {key} in {where}, received {kind_of(label)}")


def _text_of_donut(label: str, key: str, where: str) -> str:
    """Return the only text in `{"gt_parse": {"text_sequence": "…"}}`, or `label` as it is."""
    if '"gt_parse' not in label:
        return label
    try:
        texts = list(_texts(parse_json(label, f"{key} of {where}")))
    except RecursionError:  # parsed it was, but not by Python's own stack
        texts = []
    if len(texts) == 1:
        return texts[0]
    raise InputError(
        f"expected one text as {key} in {where}, received JSON with {len(texts)}; "
        "give lists with the text of each image alone"
    )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        yield from _texts(each)
