"""Which format an image file has, told by its first bytes and not by its name."""

import re
from functools import cache

import cv2

HEAD = 32  # bytes that tell it

_KINDS = {  # what a file of the format begins with
    "PNG": rb"\x89PNG\r\n\x1a\n",
    "JPEG": rb"\xff\xd8\xff",
    "GIF": rb"GIF8[79]a",
    "BMP": rb"BM.{12}[\x0c\x10\x28\x34\x38\x40\x6c\x7c]\0\0\0",  # size of the second header
    "WebP": rb"RIFF.{4}WEBP",
    "TIFF": rb"II[*+]\0|MM\0[*+]",
    "AVIF": rb".{4}ftyp(?:avi[fs]|mi[fs]1.{4}(?:.{4}){,3}avif)",
    "HEIC": rb".{4}ftyp(?:he[iv][cms]|mi[fs]1.{4}(?:.{4}){,3}hei[cms])",
    "JPEG 2000": rb"\0{3}\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51",
    "PNM": rb"P[1-6]\s+[#0-9]",
}
_KIND = re.compile(b"|".join(b"(%b)" % pattern for pattern in _KINDS.values()), re.DOTALL)
_NAMES = ("", *_KINDS)  # by the number of the group
# An OpenCV built without one of these still knows all the others.
_SUFFIXES = {"GIF": ".gif", "AVIF": ".avif", "HEIC": ".heic", "JPEG 2000": ".jp2", "WebP": ".webp"}


def image_kind(head: bytes) -> str | None:
    """Return the name of an image format, such as "PNG"; None if it is none that is known.

    Args:
        head: The first `HEAD` bytes of the file, or more of them.

    >>> image_kind(b"GIF89a" + bytes(26)), image_kind(b"image,label")
    ('GIF', None)
    """
    found = _KIND.match(head)
    return _NAMES[found.lastindex or 0] if found else None


def looks_like_image(head: bytes) -> bool:
    """Say whether a file is in a known image format.

    It may be damaged, or need a decoder that the installed OpenCV lacks: `ImageReader` says so,
    which is better than to pass over it in silence.

    Args:
        head: The first `HEAD` bytes of the file; fewer if it has no more.
    """
    return image_kind(head) is not None


@cache
def can_read(kind: str) -> bool:
    """Say whether the installed OpenCV has a decoder for a format of `image_kind`."""
    # It tells of encoders alone; those of these formats come with the decoder.
    return kind not in _SUFFIXES or cv2.haveImageWriter(f"a{_SUFFIXES[kind]}")
