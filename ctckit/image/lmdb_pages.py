"""Look at the pages of an LMDB file before LMDB does: it believes whatever they say.

The file is mapped into memory, so that a page that leads outside of it ends the process, without an
error that Python could see. The layout is that of LMDB 0.9 on machines of 64 bits, version 1 of its
data: https://git.openldap.org/openldap/openldap/-/blob/mdb.master/libraries/liblmdb/mdb.c
"""

import struct
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

_META = struct.Struct("=16x 24x 48x 4xHH 32xQ QQ")  # flags, depth, root; last page, transaction
_HEADER = struct.Struct("=QHHHH")  # of a page: number, unused, kind, where room begins and ends
_BRANCH, _LEAF = 1, 2
_NODE_BYTES = 8  # before a key: size of the value, or number of a page; flags; size of the key
_ELSEWHERE, _TREE = 1, 2  # flags: the page that a value begins on, another tree; 0: the value
_NO_ROOT = 2**64 - 1  # of an empty tree
_EIGHT = np.arange(8)


class DamagedPagesError(Exception):
    """LMDB would read where there is nothing, or end the process."""


class _Tree(NamedTuple):
    """What the newer one of the first two pages says."""

    root: int
    depth: int
    page_bytes: int
    num_pages: int


class _Nodes(NamedTuple):
    """What is in a page: int64 each, (num,)."""

    sizes: np.ndarray
    flags: np.ndarray
    values: np.ndarray  # where they begin in the page


def require_whole_pages(file: str, page_bytes: int) -> None:
    """Refuse a file in which a page leads to where there is none.

    The pages of the tree are read, those of long values are not: one page in about fifty images.

    Args:
        file: that LMDB has opened.
        page_bytes: size of a page, as LMDB says.

    Raises:
        DamagedPagesError: says which page, or how much the file lacks.
        OSError: it cannot be read.
    """
    with Path(file).open("rb", buffering=0) as pages:
        tree = _read_tree(pages, page_bytes)
        lacking = tree.num_pages * page_bytes - Path(file).stat().st_size
        if lacking > 0:
            raise DamagedPagesError(f"it lacks {lacking:,} bytes at its end")
        waiting = [] if tree.root == _NO_ROOT else [(tree.root, 1)]
        seen = set()
        while waiting:
            number, level = waiting.pop()
            if number >= tree.num_pages or number in seen:
                raise DamagedPagesError(f"page {number} is not there, or in two places")
            seen.add(number)
            pages.seek(number * page_bytes)
            page = pages.read(page_bytes)
            nodes = _read_nodes(page, number, tree, _LEAF if level == tree.depth else _BRANCH)
            if level < tree.depth:
                children = nodes.sizes | nodes.flags << 32
                waiting += ((int(child), level + 1) for child in children)
            elif not _lead_to_values(nodes, page, tree):
                raise DamagedPagesError(f"a value of page {number} leads out of it")


def _read_tree(pages: BinaryIO, page_bytes: int) -> _Tree:
    found = []
    for place in (0, page_bytes):
        pages.seek(place)
        flags, depth, root, last, transaction = _META.unpack(pages.read(_META.size))
        found.append((transaction, flags, _Tree(root, depth, page_bytes, last + 1)))
    _, flags, tree = max(found, key=lambda each: each[0])
    if flags:
        raise DamagedPagesError("its keys have several values")
    return tree


def _read_nodes(page: bytes, number: int, tree: _Tree, kind: int) -> _Nodes:
    stated, _, stated_kind, lower, upper = _HEADER.unpack_from(page)
    count = (lower - _HEADER.size) // 2
    is_good = (stated, stated_kind) == (number, kind) and lower <= upper <= tree.page_bytes
    if not is_good or count < (2 if kind == _BRANCH else 1):
        raise DamagedPagesError(f"page {number} is another one than expected")
    places = np.frombuffer(page, np.uint16, count, _HEADER.size).astype(np.int64)
    if places.min() < upper or places.max() > tree.page_bytes - _NODE_BYTES:
        raise DamagedPagesError(f"a key of page {number} is out of it")
    low, high, flags, key_bytes = _at(places, page, np.uint16).T.astype(np.int64)
    values = places + _NODE_BYTES + key_bytes
    if values.max() > tree.page_bytes:
        raise DamagedPagesError(f"a key of page {number} leads out of it")
    return _Nodes(low | high << 16, flags, values)


def _lead_to_values(nodes: _Nodes, page: bytes, tree: _Tree) -> bool:
    """Say whether all values of a leaf are in its page, or in pages of the file."""
    elsewhere = nodes.flags == _ELSEWHERE
    ends = nodes.values + np.where(elsewhere, 8, nodes.sizes)
    if nodes.flags.max() > _TREE or ends.max() > len(page):
        return False
    first = _at(nodes.values[elsewhere], page, np.int64)[:, 0]
    num_pages = (_HEADER.size + nodes.sizes[elsewhere] - 1) // len(page) + 1
    return bool(((first >= 0) & (first <= tree.num_pages - num_pages)).all())


def _at(places: np.ndarray, page: bytes, dtype: type[np.integer]) -> np.ndarray:
    """Return the eight bytes at each place: (num, 8 / size of the dtype)."""
    return np.frombuffer(page, np.uint8)[places[:, None] + _EIGHT].view(dtype)
