"""Images without a list: labels in the names of files, or of the folders that they lie in."""

from collections.abc import Sequence
from pathlib import Path

from ctckit.data.samples import LeftOut, Sample
from ctckit.errors import InputError
from ctckit.log import counted
from ctckit.sources.files.images import Images, images_of, require_images, stem_of, without_strays
from ctckit.sources.files.tree import Tree, first, folder_tree
from ctckit.sources.listing import PARTS, Listing, listing_of_named
from ctckit.sources.names.file_names import labels_of_stems
from ctckit.sources.names.no_labels import are_generic, what_names_are_instead
from ctckit.sources.names.rules import MANY, NEARLY_ALL, counts
from ctckit.sources.options import SourceOptions


def find_images(folder: Path) -> list[Path]:
    """Return the images in `folder` at any depth."""
    return [folder / name for name in images_of(folder_tree(folder)).names]


def find_names(tree: Tree) -> str:
    """Return "": images can always be taken to be named by their labels."""
    return ""


def read_names(tree: Tree, name: str, options: SourceOptions) -> Listing:
    """Return the images of `tree` at any depth, labelled by their names.

    Raises:
        InputError: there are none, or their names are no labels.
    """
    images, notes = _images(tree)
    names = images.names
    if not options.tell_labels:
        _refuse_equal_numbers(names)
    found = labels_of_stems([stem_of(name) for name in names], options)
    samples, left_out = [], []
    for image, label in zip(names, found.labels, strict=True):
        if label is None:
            left_out.append(LeftOut(tree.address(image), "", "name does not match the pattern"))
        else:
            samples.append((image, Sample(tree.address(image), label)))
    return listing_of_named(samples, found.said, left_out, notes)


def _refuse_equal_numbers(names: Sequence[str]) -> None:
    """Refuse the same few numbers in several folders: they are no labels, and the folders may be.

    Raises:
        InputError: it is so.
    """
    stems = [stem_of(name) for name in names]
    folders = {name.rpartition("/")[0] for name in names if not _is_part(name)}
    same = all(map(str.isdecimal, stems)) and len(set(stems)) * 2 <= len(stems)
    if len(folders) > 1 and same and counts([int(stem) for stem in {*stems}]):
        raise InputError(
            "expected names of files that hold their labels, received the same numbers in "
            f"{counted(len(folders), 'folder')}, such as {first(list(names))}; choose the layout "
            "folders or names, or give the labels in a list",
            argument="layout",
        )


def _is_part(name: str) -> bool:
    return name.rpartition("/")[0].lower() in PARTS


def find_folders(tree: Tree) -> str | None:
    """Return "" if the folders that images lie in look like their labels, else None.

    So they do if there are several, and the names of the images are no labels: numbers, hashes, the
    same in each folder, or the name of the folder again.
    """
    names = without_strays(images_of(tree))[0].names
    labels = [_folder_of(name) for name in names]
    folders = sorted({label for label in labels if label is not None})
    if None in labels or len(folders) < 2 or are_generic(folders):
        return None
    stems = [stem_of(name) for name in names]
    if set(stems) <= set(labels):
        return None
    return "" if _tell_less(stems, [str(label) for label in labels]) else None


def _tell_less(stems: Sequence[str], folders: Sequence[str]) -> bool:
    """Say whether the names of images say less than those of their folders."""
    different = set(stems)
    again = sum(map(str.startswith, stems, folders)) >= NEARLY_ALL * len(stems)
    numbers = [int(stem) for stem in different if stem.isdecimal()]
    same_numbers = len(numbers) == len(different) <= len(stems) / 2 and (
        len(numbers) < MANY or counts(numbers)
    )
    if len(different) == 1 or again or same_numbers:
        return True
    if what_names_are_instead(sorted(different)):
        return True
    return all(len(folder) == 1 for folder in folders)


def _folder_of(name: str) -> str | None:
    """Return the folder that an image lies in; None for the outermost and for a part of a set."""
    folder = name.rpartition("/")[0].rpartition("/")[2]
    return folder if folder and folder.lower() not in PARTS else None


def read_folders(tree: Tree, name: str, options: SourceOptions) -> Listing:
    """Return the images of `tree`, labelled by the folder that each lies in.

    Raises:
        InputError: there are none, or some lie in no folder.
    """
    images, notes = _images(tree)
    samples, outside = [], []
    for image in images.names:
        label = _folder_of(image)
        if label is None:
            outside.append(LeftOut(tree.address(image), "", "in no folder that names its label"))
        else:
            samples.append((image, Sample(tree.address(image), label)))
    if not samples:
        raise InputError(
            f"expected images in folders named after their labels in {tree.place}, received "
            f"{len(outside)} in none, such as {outside[0].image}",
            argument="layout",
        )
    return listing_of_named(samples, "the folders that the images lie in", outside, notes)


def _images(tree: Tree) -> tuple[Images, list[str]]:
    """Return the images of the set, and a line on each kind of file that is none of them."""
    everything = images_of(tree)
    require_images(everything, tree)
    images, strays = without_strays(everything)
    notes = []
    if strays:
        notes.append(
            f"not used, in other folders: {counted(len(strays), 'image')}: {first(strays)}"
        )
    if images.others:
        notes.append(
            f"not used, no image: {counted(len(images.others), 'file')}: {first(images.others)}"
        )
    return images, notes
