"""From the rows of a list to samples: where each image is, and which rows cannot be used."""

import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path, PureWindowsPath
from typing import NamedTuple

from ctckit.data.samples import LeftOut, Sample
from ctckit.errors import InputError
from ctckit.image.address import absolute, address_from, exists, name_of
from ctckit.log import counted
from ctckit.run_folder import images_roots
from ctckit.sources.moved import MovedImages
from ctckit.sources.suffixes import OTHER_SUFFIXES
from ctckit.sources.tree import Tree, first, folder_tree

PARTS = {  # what people call the parts of a set, and what we call them
    "train": "train", "training": "train", "trn": "train",
    "val": "validation", "valid": "validation", "validation": "validation", "dev": "validation",
    "eval": "validation",
    "test": "test", "testing": "test", "tst": "test",
}  # fmt: skip
IMAGE_FOLDERS = ("images", "image", "imgs", "img", "data", "crops", "crop_img", "words", "pics")


class Row(NamedTuple):
    """A line of a list: the image as it is named there, its label, the number of the line."""

    image: str
    label: str
    line: int = 0
    part: str = ""  # of the set: train, validation, test, or "" where the list does not say


class Listing(NamedTuple):
    """What a layout found.

    Attributes:
        samples: to learn from.
        said: how images and labels lie, to show to people.
        left_out: what looked like a sample and is none.
        notes: what a person should know, a line each.
        validation: a part that came as such.
        test: a part that came as such.
    """

    samples: list[Sample]
    said: str
    left_out: Sequence[LeftOut] = ()
    notes: Sequence[str] = ()
    validation: Sequence[Sample] = ()
    test: Sequence[Sample] = ()


def listing_of_rows(
    tree: Tree,
    name: str,
    rows: Sequence[Row],
    said: str,
    images_root: str | None = None,
) -> Listing:
    """Find the images of the rows of a list.

    They may be named relative to the list, to the whole tree, to a folder of images in it, to the
    folder above, to the working directory, or to where a run says that its images are; or by a
    file name that occurs once in the tree. Parts of Windows' paths may be there.

    Args:
        tree: where the list is.
        name: of the list in `tree`.
        rows: one for each image.
        said: how the list was understood, to show to people.
        images_root: where the images are now, if they were moved.

    Raises:
        InputError: most images are missing, or rows give an image different labels.
    """
    if not rows:
        raise InputError(f"expected rows in {tree.address(name)}, received none")
    find = Locator(tree, name, images_root).find
    named: list[tuple[str, str, Sample]] = []
    left_out: list[LeftOut] = []
    seen: dict[str, Row] = {}
    conflicts: list[str] = []
    missing = 0
    for row in rows:
        address = find(row.image)
        if not address:
            missing += 1
            left_out.append(LeftOut(row.image or "(no name)", row.label, "no such file"))
            continue
        earlier = seen.setdefault(address, row)
        if earlier is not row:
            if earlier.label != row.label:
                conflicts.append(_conflict(row, earlier))
            continue
        named.append((_plain(row.image), row.part, Sample(address, row.label)))
    if missing * 2 >= len(rows):
        raise InputError(
            f"expected the images of {tree.address(name)} to exist, {missing} of {len(rows)} are "
            f"missing: {first([record.image for record in left_out])}; give paths relative to it"
        )
    if conflicts:
        raise InputError(
            f"expected one label for each image in {tree.address(name)}, {len(conflicts)} are "
            f"given another one again: {first(conflicts)}; remove the wrong rows"
        )
    again = len(rows) - missing - len(seen)
    notes = (
        [f"not used, as they repeat an earlier one: {counted(again, 'row')} of {name}"]
        if again
        else []
    )
    if not any(part for _, part, _ in named):
        return listing_of_named(
            [(name, sample) for name, _, sample in named], said, left_out, notes
        )
    parts: dict[str, list[Sample]] = {"train": [], "validation": [], "test": []}
    for _, part, sample in named:
        parts[part or "train"].append(sample)
    return Listing(parts["train"], said, left_out, notes, parts["validation"], parts["test"])


def listing_of_named(
    named: Sequence[tuple[str, Sample]],
    said: str,
    left_out: Sequence[LeftOut] = (),
    notes: Sequence[str] = (),
) -> Listing:
    """Return samples as a listing, in parts if they lie in folders called so.

    Args:
        named: the name of each image, with the folders it lies in, and the sample.
        said: how they were understood, to show to people.
        left_out: what looked like a sample and is none.
        notes: what a person should know.
    """
    parts = by_parts(named)
    if parts is None:
        return Listing([sample for _, sample in named], said, left_out, notes)
    return Listing(parts["train"], said, left_out, notes, parts["validation"], parts["test"])


def _conflict(row: Row, earlier: Row) -> str:
    lines = f" (lines {earlier.line} and {row.line})" if row.line else ""
    return f"{row.image} is {earlier.label!r} and {row.label!r}{lines}"


class Locator:
    """Find the images that a list names.

    Args:
        tree: where the list is.
        name: of the list in `tree`.
        images_root: where the images are now, if they were moved.

    Raises:
        InputError: `images_root` is no folder.
    """

    def __init__(self, tree: Tree, name: str, images_root: str | None = None) -> None:
        self._tree = tree
        self._moved = None if images_root is None else MovedImages(images_root)
        folder = name.rpartition("/")[0]
        self._roots = images_roots(tree.folder / name) if tree.folder else []
        self._places = list(self._likely_places(folder))

    def _likely_places(self, folder: str) -> Iterator[Tree]:
        near = self._tree.sub(folder) if folder else self._tree
        yield from (folder_tree(root) for root in self._roots)
        yield near
        if folder:
            yield self._tree
        yield from (near.sub(inner) for inner in near.folders if inner.lower() in IMAGE_FOLDERS)
        if near.folder is not None:
            yield folder_tree(near.folder.resolve().parent)
            yield folder_tree(Path())

    def find(self, image: str) -> str:
        """Return the address of an image, or "" where there is none of that name."""
        image = image.strip()
        if not image:
            return ""
        if self._moved is not None and (address := self._moved.find(image)):
            return address
        if "!" in image and (address := self._find_member(image)):
            return address
        if "\\" in image and self._places[0].has(image):  # where it may be part of a name
            return self._places[0].address(image)
        name = _plain(image)
        if os.path.isabs(name):  # noqa: PTH117 - for every image
            return self._find_elsewhere(image, name)
        return self._find_near(name) or self._find_elsewhere(image, name)

    def is_near(self, image: str) -> bool:
        """Say whether an image is where images usually are, seen from a list."""
        return self._find_near(_plain(image.strip())) != ""

    def is_anywhere(self, image: str) -> bool:
        """Say whether an image can be found."""
        return self.find(image) != ""

    def _find_near(self, name: str) -> str:
        for index, place in enumerate(self._places):
            if place.has(name):
                if index:  # the next one will be there, too
                    self._places.insert(0, self._places.pop(index))
                return place.address(name)
        return ""

    def _find_member(self, image: str) -> str:
        folders = [place.folder for place in self._places if place.folder is not None]
        addresses = (address_from(folder, image) for folder in folders)
        return next((absolute(address) for address in addresses if exists(address)), "")

    def _find_elsewhere(self, image: str, name: str) -> str:
        if self._tree.folder is not None:
            for text in (image, name):
                if os.path.isabs(text) and os.path.isfile(text):  # noqa: PTH117, PTH113
                    return text
            if name.startswith("../"):
                path = os.path.normpath(self._tree.folder / name)
                if os.path.isfile(path):  # noqa: PTH113 - a name may be too long for Path
                    return path
        unique = self._by_file_name.get(name.rpartition("/")[2].lower(), "")
        return unique and self._tree.address(unique)

    @cached_property
    def _by_file_name(self) -> dict[str, str]:
        """Names of the tree by their last part, with and without suffix, in lower case."""
        found: dict[str, str] = {}
        for name in self._tree.all_files:
            file = name.rpartition("/")[2].lower()
            if os.path.splitext(file)[1] in OTHER_SUFFIXES:  # noqa: PTH122 - many names
                continue
            for key in {file, file.rpartition(".")[0]} - {""}:
                found[key] = "" if key in found else name
        return found


def _plain(image: str) -> str:
    """Return a path of Windows or another system as a tree has it: without `.` and `..`."""
    name = image
    if "\\" in name:
        name = PureWindowsPath(name).as_posix()
    plain = name[:1] not in ("/", ".") and "/." not in name and "//" not in name
    return name if plain or not name else posixpath.normpath(name)


def by_parts(samples: Iterable[tuple[str, Sample]]) -> dict[str, list[Sample]] | None:
    """Return samples by the part of the set that their folder names, or None where not all do.

    Args:
        samples: the name of each in its tree, and the sample.
    """
    found: dict[str, list[Sample]] = {"train": [], "validation": [], "test": []}
    for name, sample in samples:
        folders = name.lower().split("/")[:-1]
        part = next((PARTS[folder] for folder in folders if folder in PARTS), None)
        if part is None:
            return None
        found[part].append(sample)
    return found if found["train"] and (found["validation"] or found["test"]) else None


def shown(samples: Sequence[Sample]) -> list[str]:
    """Return the first three samples as lines to show to people.

    Where their files are called alike, the folders stand before the names.
    """
    names = [name_of(image) for image, _ in samples[:3]]
    if len(set(names)) < len(names):
        names = ["/".join(re.split(r"[/\\!]", image)[-2:]) for image, _ in samples[:3]]
    return [f"{name} → {label}" for name, (_, label) in zip(names, samples, strict=False)]
