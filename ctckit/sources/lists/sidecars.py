"""A text file for each image: `0001.png` and `0001.txt`, or `0001.gt.txt`, or `labels/0001.txt`."""

import re
from functools import lru_cache

from ctckit.data.samples import LeftOut, Sample
from ctckit.errors import InputError
from ctckit.sources.files.images import images_of, require_images, stem_of
from ctckit.sources.files.tree import Tree, join
from ctckit.sources.listing import Listing, listing_of_named
from ctckit.sources.options import SourceOptions

SUFFIXES = (".gt.txt", ".txt", ".lab")
TEXT_FOLDERS = ("labels", "label", "gt", "txt", "text", "texts", "annotations", "transcriptions")
# What YOLO and ICDAR write beside an image.
BOXES = re.compile(r"\s*\d+(?:\s+[\d.]+){4,}\s*|(?:-?\d+,\s*){7,8}.*")


def find_sidecars(tree: Tree) -> str | None:
    """Return "" if at least half of the images have a text file of their name, else None."""
    if not any(name.endswith(SUFFIXES) for name in tree.all_files):
        return None
    names = images_of(tree).names
    having = sum(_sidecar(tree, name) is not None for name in names)
    return "" if names and having * 2 >= len(names) else None


def _sidecar(tree: Tree, image: str) -> str | None:
    folder, slash, file = image.rpartition("/")
    stem = f"{folder}{slash}{stem_of(file).removesuffix('.nrm').removesuffix('.bin')}"
    places = [stem, *(join(other, stem_of(file)) for other in _text_folders(tree, folder))]
    candidates = [f"{place}{suffix}" for place in places for suffix in SUFFIXES]
    return next((name for name in (*candidates, f"{image}.txt") if tree.has(name)), None)


@lru_cache(maxsize=64)  # asked for each image
def _text_folders(tree: Tree, folder: str) -> list[str]:
    """Return where texts may lie instead of beside the images of a folder.

    `images/train` has them in `labels/train`, `images/labels` or `images/train/labels`, say.
    """
    parts = folder.split("/") if folder else []
    names = [
        "/".join((*parts[:place], text, *parts[place + 1 :]))
        for place in range(len(parts) + 1)
        for text in TEXT_FOLDERS
    ]
    return [name for name in names if tree.entries(name).files]


def read_sidecars(tree: Tree, name: str, options: SourceOptions) -> Listing:
    """Return the images of `tree`, labelled by the text files beside them.

    Images without one, and with one of several lines, are left out.

    Raises:
        InputError: a text file cannot be read, or they hold boxes.
    """
    images = images_of(tree)
    require_images(images, tree)
    samples, left_out = [], []
    for image in images.names:
        sidecar = _sidecar(tree, image)
        if sidecar is None:
            left_out.append(LeftOut(tree.address(image), "", "no text file beside it"))
            continue
        lines = tree.text(sidecar).splitlines() or [""]
        if any(line.strip() for line in lines[1:]):
            left_out.append(LeftOut(tree.address(image), "", f"several lines in {sidecar}"))
            continue
        samples.append((image, Sample(tree.address(image), lines[0])))
    labels = [sample.label for _, sample in samples]
    boxes = [label for label in labels if BOXES.fullmatch(label)]
    if boxes and len(boxes) * 2 >= len(labels):
        raise InputError(
            f"expected a text in each text file of {tree.place}, received boxes of objects, "
            f"such as '{boxes[0].strip()}'; give the texts in a list"
        )
    return listing_of_named(samples, "a text file beside each image", left_out)
