"""Where the images of Label Studio's tasks are on this disk.

A task names an image as the server does: `/data/upload/3/1a2b3c4d-name.png` (uploaded, with eight
digits before its name), `/data/local-files/?d=set/name.png` (local storage), `s3://bucket/name.png`
(cloud storage), or by any URL: https://labelstud.io/guide/storage, https://labelstud.io/guide/tasks.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from urllib.parse import unquote

from ctckit.sources.suffixes import IMAGE_SUFFIXES

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


def locate(image: str, find: Callable[[str], str]) -> str:
    """Return the name by which `find` knows an image, or `image` where there is none."""
    return next((name for name in _names(image) if find(name)), image)


def _names(image: str) -> Iterator[str]:
    """Yield what the image may be called here: ends of its path, longest first."""
    parts = [part for part in _path(image).split("/") if part]
    for start in range(len(parts)):
        yield "/".join(parts[start:])
    if parts and UPLOADED.match(parts[-1]):
        yield UPLOADED.sub("", parts[-1], count=1)


def _path(image: str) -> str:
    """Return the path in an address.

    >>> _path("/data/local-files/?d=set/a%20b.png"), _path("s3://bucket/a.png?versionId=7")
    ('set/a b.png', 'bucket/a.png')
    """
    path, _, query = image.partition("?")
    local = re.search(r"(?:^|&)d=([^&]+)", query)
    if local:
        return unquote(local[1]).replace("\\", "/")
    return unquote(SCHEME.sub("", path)).replace("\\", "/")
