"""Lay out data sets of other tools for the tests, with text files by name."""

from pathlib import Path

from ctckit.sources.files.tree import Tree, folder_tree
from ctckit.sources.listing import Listing
from tests.sources.folders import touch


def lay_out(folder: Path, images: str, **files: str) -> Tree:
    """Make empty images, whose names a blank separates, and files of text; return the whole tree.

    The names of the files are keywords, with `__` for the dot.
    """
    touch(folder, *images.split())
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_bytes(text.encode())
    return folder_tree(folder)


def pairs(listing: Listing) -> list[tuple[str, str]]:
    """Return the file name and the label of each sample to learn from."""
    return _pairs(listing.samples)


def part_pairs(listing: Listing) -> list[list[tuple[str, str]]]:
    """Return those of train, validation and test."""
    return [_pairs(part) for part in (listing.samples, listing.validation, listing.test)]


def _pairs(samples) -> list[tuple[str, str]]:
    return [(Path(sample.image).name, sample.label) for sample in samples]
