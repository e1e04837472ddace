"""Exports of CVAT as "ICDAR Recognition 1.0", and the sets of the ICDAR competitions themselves.

A folder for each subset, with `gt.txt` and `images/`; lines such as `word_1.png, "Genaxis
Theatre"`: https://docs.cvat.ai/docs/dataset_management/formats/format-icdar. ICDAR puts a backslash
before quotes and backslashes in the text; datumaro, which writes CVAT's files, puts none
(`plugins/data_formats/icdar/exporter.py` there). Both are read.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from ctckit.data.samples import LeftOut
from ctckit.errors import InputError
from ctckit.sources.files.heads import FEW, head, may_be_lists
from ctckit.sources.files.suffixes import IMAGE_SUFFIXES
from ctckit.sources.files.tree import Tree, join
from ctckit.sources.listing import PARTS, Listing, joined
from ctckit.sources.lists.rows import Row, listing_of_rows
from ctckit.sources.options import SourceOptions

NAME = "gt.txt"
_SUFFIX = "|".join(re.escape(suffix) for suffix in sorted(IMAGE_SUFFIXES))
LINE = re.compile(rf'(?P<image>[^\t"]+?(?:{_SUFFIX})),\s?(?:"(?P<text>.*)"\s*)?', re.IGNORECASE)
TWO_TEXTS = re.compile(r'(?<!\\)""')


def find_cvat(tree: Tree) -> str | None:
    """Return the `gt.txt` of a tree, of its first subset where it has some."""
    outermost = may_be_lists(tree, ".txt", called=(NAME,))
    inner = tree.folders[:FEW]
    if len(inner) == 1:  # the folder word_recognition/
        inner = (*inner, *(join(inner[0], folder) for folder in tree.entries(inner[0]).folders))
    names = (*outermost, *(join(folder, NAME) for folder in inner))
    return next((name for name in names if tree.has(name) and shows_cvat(tree, name)), None)


def shows_cvat(tree: Tree, name: str) -> bool:
    """Say whether the lines of a file are image, comma, quoted text."""
    if not name.lower().endswith(".txt"):
        return False
    lines = [line.rstrip("\r") for line in head(tree, name).split("\n")[:20]]
    found = [LINE.fullmatch(line) for line in lines if line.strip()]
    return bool(found and found[0]) and any(match and match["text"] is not None for match in found)


def read_cvat(tree: Tree, name: str, options: SourceOptions) -> Listing:
    """Return the samples of a `gt.txt`, and in a whole tree those of the other subsets.

    Images without a text have an empty label. Subsets called train, validation and test are parts.

    Raises:
        InputError: a line has another form.
    """
    folder = name.rpartition("/")[0]
    if not folder:
        return _read_subset(tree, name, options)
    outer = folder.rpartition("/")[0]
    files = [join(join(outer, inner), NAME) for inner in tree.entries(outer).folders]
    files = [file for file in files if tree.has(file)] if tree.whole else [name]
    subsets = {
        PurePosixPath(file).parent.name: _read_subset(
            tree.sub(file.rpartition("/")[0]), NAME, options
        )
        for file in files
    }
    by_part = [(PARTS.get(name.lower(), "train"), each) for name, each in subsets.items()]
    return joined(by_part, f"{NAME} of {', '.join(subsets)}: image, quoted text")


def _read_subset(tree: Tree, name: str, options: SourceOptions) -> Listing:
    left_out: list[LeftOut] = []
    rows = list(_rows(tree.text(name), tree.address(name), left_out))
    listing = listing_of_rows(tree, name, rows, f"{name}: image, quoted text", options.images_root)
    return listing._replace(left_out=[*listing.left_out, *left_out])


def _rows(text: str, place: str, left_out: list[LeftOut]) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        found = LINE.fullmatch(line.rstrip("\r"))
        if found is None:
            raise InputError(
                f'expected a line as word_1.png, "text" in {place}, line {number}, received '
                f"'{line[:80].strip()}'; correct it there"
            )
        label = found["text"] or ""
        if TWO_TEXTS.search(label):
            left_out.append(LeftOut(found["image"], label, "several texts"))
        else:
            yield Row(found["image"], re.sub(r'\\(["\\])', r"\1", label), number)
