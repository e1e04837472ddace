"""Where the images of Label Studio's tasks are on this disk.

A task names an image as the server does: `/data/upload/3/1a2b3c4d-name.png` (uploaded, with eight
digits before its name), `/data/local-files/?d=set/name.png` (local storage), `s3://bucket/name.png`
(cloud storage), or by any URL: https://labelstud.io/guide/storage, https://labelstud.io/guide/tasks.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import takewhile
from pathlib import PurePosixPath
from urllib.parse import unquote

from ctckit.sources.files.suffixes import IMAGE_SUFFIXES
from ctckit.sources.files.tree import Tree

SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
UPLOADED = re.compile(r"[0-9a-f]{8}-(?=.)")


def looks_like_image(value: object) -> bool:
    """Say whether a value of a task's data names an image."""
    if not isinstance(value, str):
        return False
    return PurePosixPath(_path(value)).suffix.lower() in IMAGE_SUFFIXES


def is_url(image: str) -> bool:
    """Say whether an image is named by an address in a network."""
    return SCHEME.match(image) is not None


class TaskImages:
    """Find the images that tasks name, by the end of their path or by the name they had before.

    Args:
        tree: where they are.
        find: finds a name elsewhere: returns an address, or "".
    """

    def __init__(self, tree: Tree, find: Callable[[str], str]) -> None:
        self._tree = tree
        self._find = find

    def locate(self, image: str) -> str:
        """Return the name by which an image is known here, or `image` where there is none."""
        file = image.rpartition("/")[2]
        if len(names := self._by_file.get(file, [])) == 1:
            return names[0]
        path = _path(image)
        file = path.rpartition("/")[2]
        before = UPLOADED.sub("", file, count=1)
        names = self._by_file.get(file) or self._by_file.get(before) or []
        if len(names) == 1:
            return names[0]
        if names:
            return _nearest(names, path) or image
        return next((name for name in (*_ends(path), before) if self._find(name)), image)

    @cached_property
    def _by_file(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for name in self._tree.all_files:
            found[name.rpartition("/")[2]].append(name)
        return dict(found)


def _nearest(names: Sequence[str], path: str) -> str:
    """Return the name whose folders are most like those of `path`, "" where several are.

    >>> _nearest(["x/a.png", "y/a.png"], "bucket/y/a.png")
    'y/a.png'
    """
    wanted = path.split("/")[::-1]

    def common(name: str) -> int:
        pairs = zip(name.split("/")[-2::-1], wanted[1:], strict=False)
        return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))

    ranked = sorted(names, key=common, reverse=True)
    return ranked[0] if common(ranked[0]) > common(ranked[1]) else ""


def _ends(path: str) -> Iterator[str]:
    """Yield the ends of a path, the longest first."""
    parts = [part for part in path.split("/") if part]
    yield from ("/".join(parts[start:]) for start in range(len(parts)))


def _path(image: str) -> str:
    """Return the path in an address.

    >>> _path("/data/local-files/?d=set/a%20b.png"), _path("s3://bucket/a.png?versionId=7")
    ('set/a b.png', 'bucket/a.png')
    """
    path, _, query = image.partition("?")
    if query and (local := re.search(r"(?:^|&)d=([^&]+)", query)):
        path = local[1]
    elif "://" in path:
        path = SCHEME.sub("", path)
    return unquote(path).replace("\\", "/")
