"""Fetch one file from elsewhere, however often the connection is cut on the way."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

from ctckit.errors import InputError
from ctckit.files import not_writable
from ctckit.log import LOGGER
from ctckit.remote.limits import Limits


class Cut(OSError):  # noqa: N818 - no fault of anybody here
    """A connection was cut, or did not come about: it may be tried again."""


class Answer(NamedTuple):
    """What a server sends.

    Attributes:
        start: the byte of the file that it begins with: the one that was asked for, or 0.
        size: of the whole file, bytes; None: unknown.
        tag: as in `Version`.
        pieces: the content as it comes in; raise `Cut` where it breaks off.
    """

    start: int
    size: int | None
    tag: str
    pieces: Iterator[bytes]


class Version(NamedTuple):
    """Which content it is of what an address leads to.

    Attributes:
        tag: what tells it from any other, such as an ETag; "": nothing does.
        size: bytes; None: unknown.
    """

    tag: str = ""
    size: int | None = None


# Ask for a file from a byte on, if it still has that tag; else for all of it.
Open = Callable[[int, str], AbstractContextManager[Answer]]


class Progress(NamedTuple):
    """Who is told how it goes.

    Attributes:
        began: called with the size, if known, and what is there of it, at each new attempt.
        came: called with the number of bytes that came in.
        is_now: called with the version of what comes in, before any of it is written.
    """

    began: Callable[[int | None, int], object] = lambda size, there: None
    came: Callable[[int], object] = lambda number: None
    is_now: Callable[[Version], object] = lambda version: None


def complete(
    what: str,
    opened: Open,
    part: Path,
    *,
    version: Version,
    limits: Limits,
    ends_at: float,
    progress: Progress,
) -> Version:
    """Fetch what is missing of a file; what has come stays, whatever happens.

    Args:
        what: to name it to people.
        opened: asks for it.
        part: where it goes; what is there already is gone on with.
        version: of what is there; without a tag it begins anew.
        limits: of size and time.
        ends_at: when it is to be given up, by `time.monotonic`.
        progress: who is told.

    Returns:
        What it is, its size known.

    Raises:
        InputError: there is no such file, it is too large, it does not come in spite of several
            attempts, or there is no room for it.
    """
    failed, ever = 0, False
    while True:
        place = _size(part) if version.tag else 0
        if place and place == version.size:
            return version
        try:
            with opened(place, version.tag) as answer:
                if answer.start == 0:
                    version = Version(answer.tag, answer.size)
                    progress.is_now(version)
                size = _write(what, answer, part, limits, ends_at, progress)
            return Version(version.tag, size)
        except Cut as error:
            now = _size(part)
            came = bool(version.tag) and now > place
            ever = ever or now > place
            failed = 0 if came else failed + 1
            # One that was never there is asked twice only.
            if failed >= (len(limits.pauses_s) if ever else 2) or time.monotonic() > ends_at:
                kept = f"{now:,} bytes are kept, and " if now and version.tag else ""
                raise InputError(
                    f"expected {what}, received {error or 'nothing'}; {kept}the same command goes "
                    "on when it can be reached"
                ) from error
            LOGGER.info("cut off     %s; trying again", error)
            time.sleep(limits.pauses_s[max(failed - 1, 0)])


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _write(
    what: str, answer: Answer, part: Path, limits: Limits, ends_at: float, progress: Progress
) -> int:
    """Write what comes in; return how large the file is.

    Raises:
        Cut: it breaks off.
        InputError: it is too much, it takes too long, or it cannot be written.
    """
    require_few(what, answer.size or 0, limits)
    progress.began(answer.size, answer.start)
    size = answer.start
    try:
        with part.open("ab") as file:
            file.truncate(size)
            for piece in answer.pieces:
                size += len(piece)
                require_few(what, size, limits)
                if time.monotonic() > ends_at:
                    raise InputError(
                        f"expected {what} within {limits.whole_s / 3600:g} hours, received "
                        f"{size:,} bytes by then, which are kept; the same command goes on, or "
                        "takes longer by CTCKIT_FETCH_HOURS"
                    )
                file.write(piece)
                progress.came(len(piece))
            file.flush()
            os.fsync(file.fileno())
    except Cut:
        raise
    except OSError as error:
        raise not_writable(part, error) from error
    if answer.size is not None and size != answer.size:
        raise Cut(f"{size:,} of {answer.size:,} bytes")
    return size


def require_few(what: str, size: int, limits: Limits) -> None:
    """Refuse more bytes than the limits allow.

    Raises:
        InputError: they are more.
    """
    if size > limits.size:
        raise InputError(
            f"expected {limits.size / 1e9:g} GB at most from {what}, received more; set "
            "CTCKIT_FETCH_GB to fetch it all the same"
        )
