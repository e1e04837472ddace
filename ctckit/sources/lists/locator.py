"""Where the images are that a list names."""

import os
import posixpath
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path, PureWindowsPath

from ctckit.image.address import absolute, address_from, exists
from ctckit.run_folder import images_roots
from ctckit.sources.files.suffixes import OTHER_SUFFIXES, parted
from ctckit.sources.files.tree import Tree, folder_tree
from ctckit.sources.listing import part_of_folder
from ctckit.sources.lists.moved import MovedImages
from ctckit.sources.lists.parts import part_of

IMAGE_FOLDERS = ("images", "image", "imgs", "img", "data", "crops", "crop_img", "words", "pics")


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
        folder, _, file = name.rpartition("/")
        self._part = (part_of(file) or ("", ""))[0]
        self._roots = images_roots(tree.folder / name) if tree.folder else []
        self._places = list(self._likely_places(folder))

    def _likely_places(self, folder: str) -> Iterator[Tree]:
        near = self._tree.sub(folder) if folder else self._tree
        yield from (folder_tree(root) for root in self._roots)
        yield near
        if folder:
            yield self._tree
        if self._part:
            same = [inner for inner in near.folders if part_of_folder(inner) == self._part]
            yield from map(near.sub, same)
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
        name = plain_path(image)
        near = "" if name[:1] == "/" or name[1:2] == ":" else self._find_near(name)
        return near or self._find_elsewhere(image, name)

    def is_near(self, image: str) -> bool:
        """Say whether an image is where images usually are, seen from a list."""
        return self._find_near(plain_path(image.strip())) != ""

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
        unique = _by_file_name(self._tree).get(name.rpartition("/")[2].lower(), "")
        parts = set(filter(None, map(part_of_folder, unique.split("/")[:-1])))
        if self._part and parts and self._part not in parts:
            return ""  # an image of another part
        return unique and self._tree.address(unique)


@lru_cache(maxsize=1)  # several lists may be looked at
def _by_file_name(tree: Tree) -> dict[str, str]:
    """Return the names of a tree by their last part, with and without suffix, in lower case.

    A last part that occurs several times leads to "".
    """
    found: dict[str, str] = {}
    for name in tree.all_files:
        stem, suffix = parted(name.lower())
        if suffix in OTHER_SUFFIXES:
            continue
        for key in {stem, stem + suffix}:
            found[key] = "" if key in found else name
    return found


def plain_path(image: str) -> str:
    """Return a path of Windows or another system as a tree has it: without `.` and `..`."""
    name = image
    if "\\" in name:
        name = PureWindowsPath(name).as_posix()
    plain = name[:1] not in ("/", ".") and "/." not in name and "//" not in name
    return name if plain or not name else posixpath.normpath(name)
