"""The images of a source, whether they have labels or not."""

from pathlib import Path

from ctckit.errors import InputError
from ctckit.image.address import address_from, split_address
from ctckit.remote.fetching import fetched
from ctckit.sources.files.images import images_of, is_image, require_images
from ctckit.sources.files.tree import Tree, folder_tree
from ctckit.sources.layouts import find_layout, open_dataset, tree_of
from ctckit.sources.lists.locator import Locator
from ctckit.sources.lists.tables import images_in_table
from ctckit.sources.lists.text_lists import SUFFIXES as LIST_SUFFIXES
from ctckit.sources.options import SourceOptions


def list_images(source: str | Path) -> list[str]:
    """Return the addresses of all images of `source`: of one, several or none that is there.

    Args:
        source: an image; a folder or a zip of images, at any depth; a list of them, with or without
            labels; or a source of any other layout; or the address of one, which is fetched first.

    Raises:
        InputError: there is no such source, or no image in it.
    """
    path = fetched(source)
    if not path.exists() and split_address(path) is not None:
        return [str(source)]
    if path.is_dir() or (path.suffix.lower() == ".zip" and path.is_file()):
        return _of_tree(path)
    if not path.is_file():
        raise InputError(f"expected images, a folder, a .zip or a list, {source} does not exist")
    tree = folder_tree(path.parent, whole=False)
    if path.suffix.lower() in LIST_SUFFIXES:
        return _of_list(tree, path)
    if is_image(tree, path.name):
        return [str(path)]
    return _of_dataset(path)


def _of_tree(path: Path) -> list[str]:
    tree = tree_of(path)
    images = images_of(tree)
    if images.by_folder:
        return [tree.address(name) for name in images.names]
    if find_layout(tree, SourceOptions())[0].shows is None:
        require_images(images, tree)
    return _of_dataset(path)


def _of_dataset(path: Path) -> list[str]:
    """Return the images of any layout, those too that are left out: in reading they are named."""
    dataset = open_dataset(path)
    images = [image for image, _ in dataset.everything]
    return list(dict.fromkeys([*images, *(record.image for record in dataset.left_out)]))


def _of_list(tree: Tree, path: Path) -> list[str]:
    """Return the images that a list names; those that are not there as it names them."""
    locator = Locator(tree, path.name)
    names = images_in_table(tree.text(path.name), str(path), locator.is_anywhere)
    return [locator.find(name) or address_from(path.parent, name) for name in names if name]
