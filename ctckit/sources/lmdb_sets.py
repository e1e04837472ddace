"""LMDB data sets of deep-text-recognition-benchmark, PARSeq and others.

Each holds `num-samples`, and for each sample `image-000000001` (the bytes of an image file) and
`label-000000001`, from 1 on: https://github.com/clovaai/deep-text-recognition-benchmark, files
`dataset.py` and `create_lmdb_dataset.py`.
"""

from collections.abc import Iterator
from pathlib import Path

from ctckit.data.samples import LeftOut, Sample
from ctckit.errors import InputError
from ctckit.image.address import join_address
from ctckit.image.lmdbs import SUFFIXES, close_if_changed, items, keys
from ctckit.sources.garbage import collection_paused
from ctckit.sources.listing import PARTS, Listing
from ctckit.sources.options import SourceOptions
from ctckit.sources.tree import Tree, first, join

DATA_FILE = "data.mdb"
MAX_FOLDERS = 1000  # looked through for them: more are a tree of images


def find_lmdb(tree: Tree) -> str | None:
    """Return the LMDB file of a tree, the first one where there are several."""
    return next(iter(_every(tree)), None)


def shows_lmdb(tree: Tree, name: str) -> bool:
    """Say whether a file is one of LMDB, by its suffix."""
    return name.lower().endswith(SUFFIXES) and not name.rpartition("/")[2].startswith("lock.")


@collection_paused()
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
    for each, part in zip(names, _parts(names), strict=True):
        _read_file(tree.folder / each, parts[part], left_out, notes)
    several = f"{len(names)} LMDB files: {first(names)}" if len(names) > 1 else f"LMDB file {name}"
    said = f"{several}, images and labels inside"
    return Listing(parts["train"], said, left_out, notes, parts["validation"], parts["test"])


def _parts(names: list[str]) -> list[str]:
    """Return the part of the set that each file is, if the folders of all of them say so."""
    folders = [name.lower().split("/")[:-1] for name in names]
    found = [next((PARTS[each] for each in inner if each in PARTS), "") for inner in folders]
    return found if all(found) and "train" in found else ["train"] * len(names)


def _every(tree: Tree) -> list[str]:
    """Return the outermost LMDB files, else the files `data.mdb` of the folders below, in order."""
    outermost = sorted(name for name in tree.files if shows_lmdb(tree, name))
    below = (join(folder, DATA_FILE) for folder in _folders(tree)) if not outermost else ()
    return outermost or [name for name in below if tree.has(name)]


def _folders(tree: Tree) -> Iterator[str]:
    level = list(tree.folders)
    looked_at = 0
    while level:
        yield from level[: MAX_FOLDERS - looked_at]
        looked_at += len(level)
        if looked_at >= MAX_FOLDERS:
            return
        level = [join(outer, inner) for outer in level for inner in tree.entries(outer).folders]


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
