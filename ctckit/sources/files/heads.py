"""Which files may be a list, and how they begin: enough to see what they are, however long."""

import codecs

from ctckit.errors import InputError
from ctckit.image.address import read_bytes
from ctckit.sources.files.text_files import BYTE_ORDER_MARKS
from ctckit.sources.files.tree import Tree

BYTES = 1 << 16
FEW = 20  # more files of a kind are no lists: there is one beside each image


def may_be_lists(tree: Tree, *suffixes: str, called: tuple[str, ...] = ()) -> list[str]:
    """Return the outermost files with these suffixes, sorted; those with a certain name first.

    Where there are many, only those with such a name.

    Args:
        tree: where to look.
        suffixes: in lower case.
        called: the names that are certain.
    """
    certain = [name for name in called if name in tree.files]
    others = [name for name in tree.files if name.lower().endswith(suffixes) and name not in called]
    return certain + (sorted(others) if len(others) <= FEW else [])


def head(tree: Tree, name: str) -> str:
    """Return the first characters of a file, "" where it is no text or cannot be read."""
    try:
        content = _first_bytes(tree, name)
    except (InputError, OSError):
        return ""
    encoding = next((kind for mark, kind in BYTE_ORDER_MARKS if content.startswith(mark)), "utf-8")
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        text = decoder.decode(content)  # a character may be cut in two at the end
    except UnicodeDecodeError:
        return ""
    return "" if "\0" in text else text


def _first_bytes(tree: Tree, name: str) -> bytes:
    if tree.folder is None:
        return read_bytes(tree.address(name))[:BYTES]
    with (tree.folder / name).open("rb") as file:
        return file.read(BYTES)
