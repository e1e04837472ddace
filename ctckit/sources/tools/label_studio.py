"""Exports of Label Studio: JSON, JSON-MIN, CSV or TSV, with the images beside or below.

https://labelstud.io/guide/export. Where several people annotated a task, `label_studio_answers.py`
says which answer counts.
"""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from ctckit.errors import InputError
from ctckit.sources.files.heads import head, may_be_lists
from ctckit.sources.files.tree import Tree, folder_tree
from ctckit.sources.listing import Listing
from ctckit.sources.lists.json_text import kind_of, parse_json
from ctckit.sources.lists.locator import Locator
from ctckit.sources.lists.rows import Row, listing_of_rows
from ctckit.sources.options import SourceOptions
from ctckit.sources.tools.label_studio_answers import Answer, settle
from ctckit.sources.tools.label_studio_images import TaskImages, is_url
from ctckit.sources.tools.label_studio_tables import answers_of_records, csv_records, is_own
from ctckit.sources.tools.label_studio_tasks import answers_of_tasks

TABLES = (".csv", ".tsv")
_KEY = re.compile(r'"([a-z_]+)"\s*:')


def find_label_studio(tree: Tree) -> str | None:
    """Return the export of a tree; of several the first by name, JSON before CSV."""
    names = may_be_lists(tree, ".json") + may_be_lists(tree, *TABLES)
    return next((name for name in names if shows_label_studio(tree, name)), None)


def shows_label_studio(tree: Tree, name: str) -> bool:
    """Say whether a file begins as an export of Label Studio."""
    if name.lower().endswith(TABLES):
        header = head(tree, name).partition("\n")[0]
        return is_own([field.strip('" \r') for field in re.split("[,\t]", header)])
    if not name.lower().endswith(".json"):
        return False
    start = head(tree, name).lstrip()
    keys = _KEY.findall(start)
    is_full = "data" in keys and ("annotations" in keys or "completions" in keys)
    return start.startswith("[") and (is_full or is_own(keys))


def read_label_studio(tree: Tree, name: str, options: SourceOptions) -> Listing:
    """Return the samples of an export; tasks that were skipped or left empty are left out by name.

    Raises:
        InputError: it is none, holds texts of boxes within images, or names images that are not
            here.
    """
    place = tree.address(name)
    settled = settle(_answers(tree.text(name), name, options, place))
    root = options.images_root
    find = Locator(tree, name, root).find
    images = TaskImages(tree if root is None else folder_tree(Path(root)), find)
    rows = [Row(images.locate(image), label, line) for image, label, line, _ in settled.rows]
    _refuse_urls(rows, find, place)
    if not rows:
        raise InputError(
            f"expected annotated tasks in {place}, received {len(settled.left_out)} without a text"
        )
    listing = listing_of_rows(tree, name, rows, name, root)
    return listing._replace(
        left_out=[*listing.left_out, *settled.left_out], notes=[*listing.notes, *settled.notes]
    )


def _answers(text: str, name: str, options: SourceOptions, place: str) -> Iterable[Answer]:
    if name.lower().endswith(TABLES):
        return answers_of_records(csv_records(text, place), options, place)
    content = parse_json(text, place)
    if not isinstance(content, list):
        raise InputError(f"expected a list of tasks in {place}, received {kind_of(content)}")
    if any(isinstance(task, dict) and "data" in task for task in content[:1]):
        return answers_of_tasks(content, options, place)
    if not all(isinstance(record, dict) for record in content):
        raise InputError(f"expected JSON objects in {place}, received others")
    return answers_of_records(content, options, place)


def _refuse_urls(rows: list[Row], find: Callable[[str], str], place: str) -> None:
    """Refuse an export whose images are all in a network."""
    away = [row.image for row in rows if is_url(row.image) and not find(row.image)]
    if rows and len(away) == len(rows):
        raise InputError(
            f"expected the images of {place} here, received {len(away)} addresses such as "
            f"{away[0]}; download them into the folder of the export, under their own names"
        )
