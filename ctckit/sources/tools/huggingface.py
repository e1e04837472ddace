"""Image folders of Hugging Face: a `metadata.jsonl` or `metadata.csv` beside the images.

https://huggingface.co/docs/datasets/image_dataset: each row has `file_name`, relative to the file
it stands in, and further columns, of which one is the text.
"""

import csv
from io import StringIO

from ctckit.errors import InputError
from ctckit.sources.files.tree import Tree
from ctckit.sources.listing import Listing
from ctckit.sources.lists.columns import choose_columns
from ctckit.sources.lists.json_rows import read_json_rows
from ctckit.sources.lists.rows import Row, listing_of_rows
from ctckit.sources.options import SourceOptions

NAMES = ("metadata.jsonl", "metadata.csv")


def find_huggingface(tree: Tree) -> str | None:
    """Return the metadata file of a tree."""
    return next((name for name in NAMES if name in tree.files), None)


def shows_huggingface(tree: Tree, name: str) -> bool:
    """Say whether a file is called as Hugging Face wants it."""
    return name.rpartition("/")[2] in NAMES


def read_huggingface(tree: Tree, name: str, options: SourceOptions) -> Listing:
    """Return the samples of a metadata file.

    Raises:
        InputError: as `read_json_rows`; or a row of the CSV has too few columns.
    """
    if name.endswith(".jsonl"):
        return read_json_rows(tree, name, options)
    rows = _rows_of_csv(tree, name, options)
    return listing_of_rows(tree, name, rows, f"columns of {name}", options.images_root)


def _rows_of_csv(tree: Tree, name: str, options: SourceOptions) -> list[Row]:
    place = tree.address(name)
    reader = csv.reader(StringIO(tree.text(name), newline=""), strict=True)
    rows: list[Row] = []
    try:
        header = next(reader, [])
        image, label = choose_columns(header, options, place)
        for fields in reader:
            if fields and len(fields) <= max(image, label):
                raise InputError(
                    f"expected {len(header)} columns in {place}, line {reader.line_num}, "
                    f"received {len(fields)}"
                )
            if fields:
                rows.append(Row(fields[image], fields[label], reader.line_num))
    except csv.Error as error:
        raise InputError(
            f"expected a CSV file as {place}, received something else in line {reader.line_num} "
            f"({error}); correct it there"
        ) from error
    return rows
