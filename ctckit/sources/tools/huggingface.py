"""Image folders of Hugging Face: a `metadata.jsonl` or `metadata.csv` beside the images.

https://huggingface.co/docs/datasets/image_dataset: each row has `file_name`, relative to the file
it stands in, and further columns, of which one is the text.
"""

from ctckit.sources.files.tree import Tree
from ctckit.sources.listing import Listing
from ctckit.sources.lists.json_rows import read_json_rows
from ctckit.sources.lists.text_lists import read_one_list
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
    return read_one_list(tree, name, options)
