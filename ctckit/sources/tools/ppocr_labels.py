"""Texts within larger images, as PPOCRLabel saves them: refused, with what to give instead.

`Label.txt` has lines `photos/a.jpg<TAB>[{"transcription": "…", "points": […], …}]`. "Export
Recognition Result" cuts the texts out: `crop_img/` and `rec_gt.txt`, a plain list with a tab:
https://github.com/PFCCLab/PPOCRLabel#31-dataset-labeling
"""

import re

from ctckit.errors import InputError
from ctckit.sources.files.heads import head, may_be_lists
from ctckit.sources.files.tree import Tree
from ctckit.sources.listing import Listing
from ctckit.sources.lists.text_lists import read_list
from ctckit.sources.options import SourceOptions

LINE = re.compile(r'[^\t\n]+\t\s*\[\s*(\{\s*"(transcription|points)"|\]\s*(\n|$))')
NAME, CROPPED = "Label.txt", "rec_gt.txt"


def find_ppocr_labels(tree: Tree) -> str | None:
    """Return the recognition result of a tree with a list of boxes, else that list."""
    names = may_be_lists(tree, ".txt", called=(NAME,))
    found = next((name for name in names if shows_ppocr_labels(tree, name)), None)
    return CROPPED if found is not None and CROPPED in tree.files else found


def shows_ppocr_labels(tree: Tree, name: str) -> bool:
    """Say whether a file lists boxes with their texts."""
    return LINE.match(head(tree, name)) is not None


def read_ppocr_labels(tree: Tree, name: str, options: SourceOptions) -> Listing:
    """Return the samples of a recognition result; refuse a list of boxes.

    Raises:
        InputError: it is a list of boxes; says what to give.
    """
    if name.rpartition("/")[2] == CROPPED:
        return read_list(tree, name, options)
    raise InputError(
        f"expected images of one text each, received boxes in larger images in "
        f"{tree.address(name)}; in PPOCRLabel choose File, Export Recognition Result, and give "
        f"the folder with {CROPPED} and crop_img/"
    )
