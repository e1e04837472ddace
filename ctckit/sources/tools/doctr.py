"""Sets for text recognition with docTR: `labels.json` with the text of each file in `images/`.

https://github.com/mindee/doctr/tree/main/references/recognition#data-format:
`{"img_1.jpg": "I", "img_2.jpg": "am"}`. In the first versions the images of one `labels.json` lay
in `train/` and `val/`.
"""

import re
from typing import Any

from ctckit.errors import InputError
from ctckit.sources.files.heads import head, may_be_lists
from ctckit.sources.files.suffixes import IMAGE_SUFFIXES
from ctckit.sources.files.tree import Tree, join
from ctckit.sources.listing import PARTS, Listing
from ctckit.sources.lists.json_text import kind_of, parse_json
from ctckit.sources.lists.locator import Locator
from ctckit.sources.lists.rows import Row, listing_of_rows
from ctckit.sources.options import SourceOptions

NAME = "labels.json"
_KEY = r'\s*\{\s*"((?:[^"\\]|\\.)*)"\s*:\s*["{]'


class _Object(list[tuple[str, Any]]):
    """The keys and values of a JSON object; a key may be there twice."""


def find_doctr(tree: Tree) -> str | None:
    """Return the `labels.json` of a tree, or another JSON file of its form."""
    names = may_be_lists(tree, ".json", called=(NAME,))
    return next((name for name in names if shows_doctr(tree, name)), None)


def shows_doctr(tree: Tree, name: str) -> bool:
    """Say whether a file is one JSON object whose first key is an image, with or without suffix."""
    if not name.lower().endswith(".json"):
        return False
    found = re.match(_KEY, head(tree, name))
    if found is None:
        return False
    is_image_name = found[1].lower().endswith(tuple(IMAGE_SUFFIXES))
    return is_image_name or Locator(tree, name).is_anywhere(found[1])


def read_doctr(tree: Tree, name: str, options: SourceOptions) -> Listing:
    """Return the samples of a `labels.json`.

    Raises:
        InputError: it is no JSON, or holds no texts but boxes, as docTR's sets for detection.
    """
    place = tree.address(name)
    entries = parse_json(tree.text(name), place, _Object)
    if not isinstance(entries, _Object):
        raise InputError(f"expected an object in {place}, received {kind_of(entries)}")
    parts = [folder for folder in tree.folders if folder.lower() in PARTS]
    rows = [
        Row(_in_part(image, parts, tree), _text(label, image, place), number)
        for number, (image, label) in enumerate(entries, start=1)
    ]
    return listing_of_rows(tree, name, rows, f"{name}: the text of each image", options.images_root)


def _in_part(image: str, parts: list[str], tree: Tree) -> str:
    names = (join(folder, image) for folder in parts)
    return next((name for name in names if tree.has(name)), image)


def _text(label: Any, image: str, place: str) -> str:
    if isinstance(label, str):
        return label
    if isinstance(label, _Object):
        raise InputError(
            f"expected the text of {image} in {place}, received an object, as docTR has it for "
            "detection; cut the words out and give the labels.json for recognition"
        )
    raise InputError(f"expected the text of {image} in {place}, received {kind_of(label)}")
