"""The beginning of a text file: enough to see what it is, however long it is."""

import codecs

from ctckit.errors import InputError
from ctckit.image.address import read_bytes
from ctckit.sources.text_files import BYTE_ORDER_MARKS
from ctckit.sources.tree import Tree

BYTES = 1 << 16


def head(tree: Tree, name: str) -> str:
    """Return the first characters of a file, "" where it is no text.

    Raises:
        InputError: it cannot be read.
    """
    content = _first_bytes(tree, name)
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
    try:
        with (tree.folder / name).open("rb") as file:
            return file.read(BYTES)
    except OSError as error:
        address = tree.address(name)
        raise InputError(f"cannot read {address}: {error.strerror or error}") from error
