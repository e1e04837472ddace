"""Which images are meant by the words of a command line."""

import glob
import os
from collections.abc import Iterable
from pathlib import Path

from ctckit.errors import InputError
from ctckit.remote.addresses import is_remote
from ctckit.sources.files.suffixes import OTHER_SUFFIXES
from ctckit.sources.unlabelled import list_images


def images_of_words(words: Iterable[Path]) -> list[str]:
    """Return the addresses of the images that `words` name, in their order.

    A word is an image, a folder or archive of images, a list of them, or a wildcard that the
    shell left alone, or the address of something elsewhere. One that names nothing is taken for an
    image, and found missing when it is read; so is one of several that has no image.

    Raises:
        InputError: a wildcard matches nothing, or there is no image in a folder, archive or list.
    """
    names = [str(word) for word in words]
    if len(names) == 1:
        return [image for found in _files(names[0]) for image in _images(found)]
    files = [found for name in names for found in _files(name)]
    return [image for file in files for image in _images_or_itself(file)]


def _images_or_itself(word: str) -> list[str]:
    """Return the images of one word among others; one that has none is named in reading."""
    if is_remote(word):
        return list_images(word)
    try:
        return _images(word)
    except InputError:
        return [word]


def _files(word: str) -> list[str]:
    """Return what a wildcard matches, sorted; other words are themselves."""
    if not glob.has_magic(word) or os.path.lexists(word) or is_remote(word):
        return [word]
    found = sorted(glob.glob(word, recursive=True))  # noqa: PTH207 - of any folder
    if not found:
        raise InputError(f"expected files that match {word}, received none; look for a slip in it")
    return found


def _images(word: str) -> list[str]:
    if is_remote(word):
        return list_images(word)
    # A name may be too long for Path.
    is_other_file = Path(word).suffix.lower() in OTHER_SUFFIXES and os.path.isfile(word)  # noqa: PTH113
    return list_images(word) if is_other_file or os.path.isdir(word) else [word]  # noqa: PTH112
