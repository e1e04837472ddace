"""Which files are images: by their suffix, else by their first bytes."""

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from ctckit.errors import InputError
from ctckit.image.address import read_bytes
from ctckit.image.kinds import looks_like_image
from ctckit.sources.files.suffixes import IMAGE_SUFFIXES, OTHER_SUFFIXES, parted
from ctckit.sources.files.tree import Tree, first


class Images(NamedTuple):
    """The images of a tree, by the folder they lie in, and the files that are none."""

    by_folder: dict[str, list[str]]
    others: list[str]

    @property
    def names(self) -> list[str]:
        """All images."""
        return [name for names in self.by_folder.values() for name in names]


@lru_cache(maxsize=1)  # several layouts ask for them
def images_of(tree: Tree) -> Images:
    """Find the images of a tree at any depth.

    Raises:
        InputError: a file cannot be read.
    """
    by_folder: dict[str, list[str]] = defaultdict(list)
    others = []
    for name in tree.all_files:
        if is_image(tree, name):
            by_folder[name.rpartition("/")[0]].append(name)
        else:
            others.append(name)
    return Images(dict(by_folder), others)


def is_image(tree: Tree, name: str) -> bool:
    """Say whether a file is an image; it is opened only if its suffix does not tell."""
    suffix = parted(name)[1]
    if suffix in IMAGE_SUFFIXES or suffix in OTHER_SUFFIXES:
        return suffix in IMAGE_SUFFIXES
    return looks_like_image(read_bytes(tree.address(name)))


def stem_of(name: str) -> str:
    """Return the name of a file without folder and suffix, if that is one of images.

    >>> stem_of("photos/abc.png"), stem_of("12.50"), stem_of("a.b.JPG")
    ('abc', '12.50', 'a.b')
    """
    stem, suffix = parted(name)
    return stem if suffix in IMAGE_SUFFIXES else name[name.rfind("/") + 1 :]


def require_images(images: Images, tree: Tree) -> None:
    """Refuse a tree without images.

    Raises:
        InputError: there are none; says what there is instead.
    """
    if images.by_folder:
        return
    empty = not tree.files and not tree.folders
    found = "an empty folder" if empty else "no image"
    if images.others:
        found = f"other files: {first(images.others)}"
    raise InputError(
        f"expected images ({' '.join(sorted(IMAGE_SUFFIXES))}) in {tree.place}, found {found}"
    )


def without_strays(images: Images) -> tuple[Images, list[str]]:
    """Return the images of the set, and those that only lie near it.

    One picture beside the folders of twenty or more, such as a preview, is no part of the set.
    Where one folder has many images, those in folders below it are the ones that are left.
    """
    outermost = min(map(_depth, images.by_folder), default=0)
    top = [folder for folder in images.by_folder if _depth(folder) == outermost]
    if len(top) > 1 or len(images.by_folder) < 2:
        return images, []
    beside = images.by_folder[top[0]]
    below = {folder: names for folder, names in images.by_folder.items() if folder != top[0]}
    num_below = sum(map(len, below.values()))
    if len(beside) * 20 <= num_below or len(beside) == 1:
        return Images(below, images.others), beside
    kept = Images({top[0]: beside}, images.others)
    return kept, [name for names in below.values() for name in names]


def _depth(folder: str) -> int:
    return folder.count("/") + 1 if folder else 0


def common_folder(folders: Iterable[str]) -> str:
    """Return the folder that all of these are or lie in.

    >>> common_folder(["set/a", "set/b/c"]), common_folder(["a", "b"])
    ('set', '')
    """
    parts = [folder.split("/") if folder else [] for folder in folders]
    shared = []
    for level in zip(*parts, strict=False):
        if len(set(level)) > 1:
            break
        shared.append(level[0])
    return "/".join(shared)
