"""LMDB data sets of deep-text-recognition-benchmark, PARSeq and others.

Each holds `num-samples`, and for each sample `image-000000001` (the bytes of an image file) and
`label-000000001`, from 1 on: https://github.com/clovaai/deep-text-recognition-benchmark, files
`dataset.py` and `create_lmdb_dataset.py`.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from ctckit.data.samples import LeftOut, Sample
from ctckit.errors import InputError
from ctckit.image.address import join_address
from ctckit.image.lmdbs import SUFFIXES, close_if_changed, items, keys
from ctckit.log import counted
from ctckit.sources.files.tree import Tree, first, join
from ctckit.sources.listing import PARTS, Listing
from ctckit.sources.options import SourceOptions

DATA_FILE = "data.mdb"
MAX_FOLDERS = 200  # looked through for them: more are a tree of images
LMDB_PARTS = PARTS | {"evaluation": "test"}  # as deep-text-recognition-benchmark calls it


def find_lmdb(tree: Tree) -> str | None:
    """Return the LMDB file of a tree, the first one where there are several."""
    return next(iter(_every(tree)), None)


def shows_lmdb(tree: Tree, name: str) -> bool:
    """Say whether a file is one of LMDB, by its suffix."""
    return name.lower().endswith(SUFFIXES) and not name.rpartition("/")[2].startswith("lock.")


def read_lmdb(tree: Tree, name: str, options: SourceOptions) -> Listing:
    """Return the samples of an LMDB file, and in a whole tree those of all others.

    The images stay in the file; they are read by addresses such as `data.mdb!image-000000001`.

    Raises:
        InputError: the file is none of LMDB or holds no labelled images, lies in a zip archive, or
            the package `lmdb` is not installed.
    """
    if tree.folder is None:
        raise InputError(
            f"expected an LMDB file in a folder, received {tree.place}: in an archive it cannot be "
            "read in place; unpack it and give the folder"
        )
    names = _every(tree) if tree.whole else [name]
    parts: dict[str, list[Sample]] = {"train": [], "validation": [], "test": []}
    left_out: list[LeftOut] = []
    notes: list[str] = []
    part_of = _parts(names)
    for each in filter(part_of.get, names):
        _read_file(tree.folder / each, parts[part_of[each]], left_out, notes)
    if unused := [each for each in names if not part_of[each]]:
        number = counted(len(unused), "LMDB file")
        notes.append(f"not used, no part of the set: {number}: {first(unused)}")
    several = f"{counted(len(names), 'LMDB file')}: {first(names)}"
    said = f"{several}, images and labels inside"
    return Listing(parts["train"], said, left_out, notes, parts["validation"], parts["test"])


def _parts(names: list[str]) -> dict[str, str]:
    """Return the part of the set that each file is; "" where those of others are known, not its."""
    found = {name: _part(name) for name in names}
    is_parted = "train" in found.values() and len({*found.values()} - {""}) > 1
    return found if is_parted else dict.fromkeys(names, "train")


def _part(name: str) -> str:
    """Return the part that a folder is called after, or the file: `val/data.mdb`, `set-val.mdb`."""
    *folders, file = name.lower().split("/")
    words = (*folders, *re.split("[-_. ]", file))
    return next((LMDB_PARTS[word] for word in words if word in LMDB_PARTS), "")


def _every(tree: Tree) -> list[str]:
    """Return the outermost LMDB files, else the files `data.mdb` of the folders below, in order."""
    outermost = sorted(name for name in tree.files if shows_lmdb(tree, name))
    below = (join(folder, DATA_FILE) for folder in _folders(tree)) if not outermost else ()
    return outermost or [name for name in below if tree.has(name)]


def _folders(tree: Tree) -> Iterator[str]:
    level = list(tree.folders)
    looked_at = len(level)
    while level and looked_at <= MAX_FOLDERS:
        yield from level
        level = [join(outer, inner) for outer in level for inner in tree.entries(outer).folders]
        looked_at += len(level)


def _read_file(
    file: Path, samples: list[Sample], left_out: list[LeftOut], notes: list[str]
) -> None:
    close_if_changed(str(file))
    earlier = len(samples) + len(left_out)
    images = keys(str(file), "image-")  # sorted as the labels are
    image = next(images, "")
    for number, label in items(str(file), "label-"):
        while image and image < number:
            image = next(images, "")
        address = join_address(file, f"image-{number}")
        text = _text(label, f"{file}!label-{number}")
        if image == number:
            samples.append(Sample(address, text))
        else:
            left_out.append(LeftOut(address, text, "no such image"))
    _check_number(file, len(samples) + len(left_out) - earlier, notes)


def _check_number(file: Path, number: int, notes: list[str]) -> None:
    if not number:
        raise InputError(
            f"expected keys image-000000001, label-000000001 and so on in {file}, received others; "
            "give an LMDB file for text recognition"
        )
    said = dict(items(str(file), "num-samples")).get("", b"nothing").decode("utf-8", "replace")
    if said.strip() != str(number):
        notes.append(f"{file} says that it has {said} samples, and has {number}")


def _text(label: bytes, address: str) -> str:
    try:
        return label.decode()
    except UnicodeDecodeError as error:
        raise InputError(f"expected {address} to be text in UTF-8, received other bytes") from error
