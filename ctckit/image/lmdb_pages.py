"""Look up keys in the pages of an LMDB file, without LMDB.

The library maps a file into memory and believes whatever its pages say: one that leads out of the
file ends the process, without an error that Python could see; and of an image that is not in memory
yet it waits for each page by itself, where here the system is asked once for all of it. Nothing is
checked as the file is opened: each page is as it is read.

The layout is that of LMDB 0.9, version 1 of its data, on a machine of 64 bits and the same order of
bytes: https://git.openldap.org/openldap/openldap/-/blob/mdb.master/libraries/liblmdb/mdb.c
"""

import os
import struct
import threading
import weakref
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from io import FileIO
from typing import NamedTuple

_META = struct.Struct("=10xH4x II 16x I44x 4xHH 32xQ QQ")
_MAGIC, _VERSION = 0xBEEFC0DE, 1
_PAGE = struct.Struct("=QHHHH")  # number, unused, kind, where room begins and ends
_LONG = struct.Struct("=QHHI")  # the first page of a long value: number, unused, kind, pages
_NODE = struct.Struct("=HHHH")  # before a key: size of the value, or a page; flags; size of the key
_NUMBER = struct.Struct("=Q")
_BRANCH, _LEAF, _OVERFLOW, _META_PAGE = 1, 2, 4, 8
_INSIDE, _ELSEWHERE = 0, 1  # flags: the value itself, or the number of the page it begins on
_NO_ROOT = 2**64 - 1  # of an empty tree
_PAGE_SIZES = [2**power for power in range(8, 16)]
_HAS_PREAD = hasattr(os, "pread")  # Windows has none
_MAX_DEPTH = 32  # LMDB's own limit
_MAX_EXPECTED = 10_000  # places that are kept until they are read


class DamagedPagesError(Exception):
    """A page says what cannot be."""


class _Tree(NamedTuple):
    """What the newer one of the first two pages says."""

    root: int
    depth: int
    page_bytes: int
    num_pages: int


class _Place(NamedTuple):
    """Where a value is in the file, or its content."""

    first: int  # page of a long value
    size: int
    content: bytes | None  # of a short one


class LmdbFile:
    """An LMDB file that is open for reading; threads and forked processes may share it.

    Raises:
        DamagedPagesError: it is none of LMDB, or says which page misleads, or how much it lacks.
        OSError: it cannot be read.
    """

    def __init__(self, file: str) -> None:
        self._file = FileIO(file)
        self.close = weakref.finalize(self, self._file.close)  # at the latest as this goes
        self._lock = threading.Lock()  # where one position serves all threads
        found = os.fstat(self._file.fileno())
        self.state = found.st_mtime_ns, found.st_size
        self._tree = self._read_tree()
        self._branches: dict[int, tuple[list[bytes], list[int]]] = {}  # keys, pages below
        self._expected: dict[bytes, _Place | None] = {}

    def value(self, key: bytes) -> bytes | None:
        """Return what the file holds under a key; None: nothing."""
        place = self._expected.pop(key, None) or self._place(key)
        return None if place is None else self._content(place)

    def has(self, key: bytes) -> bool:
        """Say whether the file holds something under a key; it is not read."""
        return self._place(key) is not None

    def expect(self, keys: Iterable[bytes]) -> None:
        """Let the system read the values of these keys at once, before they are asked for."""
        if not hasattr(os, "posix_fadvise"):
            return
        leaves = [(key, leaf) for key in keys if (leaf := self._leaf(key)) is not None]
        page_bytes = self._tree.page_bytes
        for _, leaf in leaves:
            self._announce(leaf * page_bytes, page_bytes)
        if len(self._expected) > _MAX_EXPECTED:
            self._expected.clear()  # of keys that nobody asked for
        for key, leaf in leaves:
            place = self._expected[key] = self._place_in(leaf, key)
            if place is not None and place.content is None:
                self._announce(place.first * page_bytes, _LONG.size + place.size)

    def keys(self, prefix: bytes) -> Iterator[bytes]:
        """Yield the keys that start with `prefix`, sorted; no value is read."""
        return (key for key, _, _ in self._nodes_from(prefix))

    def items(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield the keys that start with `prefix`, sorted, and their values."""
        for key, page, node in self._nodes_from(prefix):
            yield key, self._content(_place(page, node))

    def _place(self, key: bytes) -> _Place | None:
        leaf = self._leaf(key)
        return None if leaf is None else self._place_in(leaf, key)

    def _place_in(self, leaf: int, key: bytes) -> _Place | None:
        page, nodes = self._page(leaf, _LEAF)
        size_of, start = _NODE.unpack_from, _NODE.size  # `_key`, for every image that is read
        try:
            index = bisect_left(
                nodes, key, key=lambda at: page[at + start : at + start + size_of(page, at)[3]]
            )
        except struct.error as error:
            raise DamagedPagesError(f"a key of page {leaf} is out of it") from error
        found = index < len(nodes) and _key(page, nodes[index]) == key
        return _place(page, nodes[index]) if found else None

    def _leaf(self, key: bytes) -> int | None:
        """Return the page on which a key is if it is anywhere."""
        if self._tree.root == _NO_ROOT:
            return None
        number = self._tree.root
        for _ in range(1, self._tree.depth):
            keys, below = self._branch(number)
            number = below[bisect_right(keys, key)]
        return number

    def _nodes_from(self, prefix: bytes) -> Iterator[tuple[bytes, bytes, int]]:
        """Yield each key that starts with `prefix`, in order, its page, and its place there."""
        for leaf in self._leaves_from(prefix):
            page, nodes = self._page(leaf, _LEAF)
            _require_inside(page, nodes)
            for node in nodes:
                key = _key(page, node)
                if key.startswith(prefix):
                    yield key, page, node
                elif key > prefix:
                    return

    def _leaves_from(self, prefix: bytes) -> Iterator[int]:
        """Yield the leaves from the one on that `prefix` would be on."""
        waiting = [] if self._tree.root == _NO_ROOT else [(self._tree.root, 1, True)]
        seen = set()
        while waiting:
            number, level, is_first = waiting.pop()
            if number in seen:
                raise DamagedPagesError(f"page {number} is in two places")
            seen.add(number)
            if level == self._tree.depth:
                yield number
                continue
            keys, below = self._branch(number)
            start = bisect_right(keys, prefix) if is_first else 0
            waiting += [
                (below[index], level + 1, is_first and index == start)
                for index in range(len(below) - 1, start - 1, -1)
            ]

    def _branch(self, number: int) -> tuple[list[bytes], list[int]]:
        """Return the keys of a branch but the first, which is none, and the pages below."""
        found = self._branches.get(number)
        if found is None:
            page, nodes = self._page(number, _BRANCH)
            _require_inside(page, nodes)
            pages = [_NODE.unpack_from(page, node)[:3] for node in nodes]
            below = [low | middle << 16 | high << 32 for low, middle, high in pages]
            keys = [_key(page, node) for node in nodes][1:]
            found = self._branches[number] = keys, below
        return found

    def _page(self, number: int, kind: int) -> tuple[bytes, memoryview]:
        """Return a page of the tree, and where its nodes are in it."""
        page_bytes = self._tree.page_bytes
        page = self._read(number * page_bytes, page_bytes)
        stated, _, stated_kind, lower, upper = _PAGE.unpack_from(page)
        count = (lower - _PAGE.size) // 2
        is_good = (stated, stated_kind) == (number, kind) and lower <= upper <= page_bytes
        if not is_good or count < (2 if kind == _BRANCH else 1):
            raise DamagedPagesError(f"page {number} is another one than expected")
        return page, memoryview(page)[_PAGE.size : _PAGE.size + 2 * count].cast("H")

    def _content(self, place: _Place) -> bytes:
        if place.content is not None:
            return place.content
        page_bytes = self._tree.page_bytes
        content = self._read(place.first * page_bytes, _LONG.size + place.size)
        stated, _, kind, num_pages = _LONG.unpack_from(content)
        if (stated, kind) != (place.first, _OVERFLOW) or len(content) > num_pages * page_bytes:
            raise DamagedPagesError(f"no value begins on page {place.first}")
        return content[_LONG.size :]

    def _read(self, start: int, size: int) -> bytes:
        lacking = start + size - self.state[1]
        if lacking > 0:
            raise DamagedPagesError(f"it lacks {lacking:,} bytes at its end")
        if _HAS_PREAD:
            content = os.pread(self._file.fileno(), size, start)
        else:
            with self._lock:
                self._file.seek(start)
                content = self._file.read(size)
        if len(content) < size:
            raise DamagedPagesError("it became shorter while it was read")
        return content

    def _announce(self, start: int, size: int) -> None:
        if start + size <= self.state[1]:
            os.posix_fadvise(self._file.fileno(), start, size, os.POSIX_FADV_WILLNEED)

    def _read_tree(self) -> _Tree:
        page_bytes = self._read_meta(0)[1].page_bytes
        _, tree = max(
            (self._read_meta(place) for place in (0, page_bytes)), key=lambda meta: meta[0]
        )
        lacking = tree.num_pages * page_bytes - self.state[1]
        if lacking > 0:
            raise DamagedPagesError(f"it lacks {lacking:,} bytes at its end")
        return tree

    def _read_meta(self, start: int) -> tuple[int, _Tree]:
        """Return the number of a transaction, and the tree as it left it."""
        meta = _META.unpack(self._read(start, _META.size))
        kind, magic, version, page_bytes, flags, depth, root, last, transaction = meta
        if (kind, magic) != (_META_PAGE, _MAGIC) or page_bytes not in _PAGE_SIZES:
            raise DamagedPagesError("it does not begin as one")
        if version != _VERSION:
            raise DamagedPagesError(f"version {version} of its data is not read")
        if flags:
            raise DamagedPagesError("its keys have several values")
        if depth > _MAX_DEPTH or (depth == 0) != (root == _NO_ROOT):
            raise DamagedPagesError(f"a tree of depth {depth} is none")
        return transaction, _Tree(root, depth, page_bytes, last + 1)


def _require_inside(page: bytes, nodes: memoryview) -> None:
    first, last = _PAGE.size + 2 * len(nodes), len(page) - _NODE.size
    if min(nodes) < first or max(nodes) > last:
        raise DamagedPagesError("a key is out of its page")


def _key(page: bytes, node: int) -> bytes:
    start = node + _NODE.size
    end = start + _NODE.unpack_from(page, node)[3]
    if end > len(page):
        raise DamagedPagesError("a key leads out of its page")
    return page[start:end]


def _place(page: bytes, node: int) -> _Place:
    low, high, flags, key_bytes = _NODE.unpack_from(page, node)
    size, start = low | high << 16, node + _NODE.size + key_bytes
    end = start + (_NUMBER.size if flags == _ELSEWHERE else size)
    if flags not in (_INSIDE, _ELSEWHERE) or end > len(page):
        raise DamagedPagesError("a value leads out of its page, or is none")
    if flags == _ELSEWHERE:
        return _Place(_NUMBER.unpack_from(page, start)[0], size, None)
    return _Place(0, size, page[start:end])
