"""Sets for text recognition with MMOCR: `{"metainfo": …, "data_list": [{"img_path": …}]}`.

https://mmocr.readthedocs.io/en/dev-1.x/migration/dataset.html: each entry has `img_path` and
`instances`, for recognition one with a `text`. There is a file for each part of a set.
"""

import re
from collections.abc import Iterator

from ctckit.errors import InputError
from ctckit.sources.files.heads import head, may_be_lists
from ctckit.sources.files.tree import Tree
from ctckit.sources.listing import Listing
from ctckit.sources.lists.json_text import kind_of, parse_json
from ctckit.sources.lists.parts import files_of_parts
from ctckit.sources.lists.rows import Row, listing_of_rows
from ctckit.sources.options import SourceOptions


def find_mmocr(tree: Tree) -> str | None:
    """Return the first list of a tree."""
    return next((name for name in may_be_lists(tree, ".json") if shows_mmocr(tree, name)), None)


def shows_mmocr(tree: Tree, name: str) -> bool:
    """Say whether a file has a list of entries with an image and instances."""
    if not name.lower().endswith(".json"):
        return False
    start = head(tree, name)
    return start.lstrip().startswith("{") and re.search(r'"data_list"\s*:\s*\[', start) is not None


def read_mmocr(tree: Tree, name: str, options: SourceOptions) -> Listing:
    """Return the samples of a list, and in a whole tree those of the lists of other parts.

    Raises:
        InputError: it is no JSON, or an entry has not one text.
    """
    files = files_of_parts(tree, name) or {"": name}
    rows = [row for part, file in files.items() for row in _rows(tree, file, part)]
    said = f"{', '.join(files.values())}: the text of each image"
    return listing_of_rows(tree, name, rows, said, options.images_root)


def _rows(tree: Tree, name: str, part: str) -> Iterator[Row]:
    place = tree.address(name)
    content = parse_json(tree.text(name), place)
    entries = content.get("data_list") if isinstance(content, dict) else None
    if not isinstance(entries, list):
        raise InputError(f"expected a data_list in {place}, received {kind_of(content)}")
    for number, entry in enumerate(entries, start=1):
        image = entry.get("img_path") if isinstance(entry, dict) else None
        instances = entry.get("instances") if isinstance(entry, dict) else None
        instances = instances if isinstance(instances, list) else []
        texts = [item.get("text") for item in instances if isinstance(item, dict)]
        if not isinstance(image, str) or len(texts) != 1 or not isinstance(texts[0], str):
            raise InputError(
                f"expected img_path and one text in entry {number} of {place}, received "
                f"{len(texts)} texts of {image}; give a set for recognition"
            )
        yield Row(image, texts[0], number, part)
