"""What a person sees in the terminal: log lines, progress bars, one-line errors.

Progress and log lines go to stderr; results go to stdout, so that they can be piped.
"""

import logging
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, TypeVar

from tqdm import tqdm

from ctckit.terminal import visible

LOGGER = logging.getLogger("ctckit")

Item = TypeVar("Item")


class LineFormatter(logging.Formatter):
    """One line for each record, in which nothing steers the terminal that shows it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return visible(super().format(record))


class _TqdmHandler(logging.Handler):
    """Write log lines above a progress bar that may be on the screen."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.setFormatter(LineFormatter())

    def emit(self, record: logging.LogRecord) -> None:
        tqdm.write(self.format(record), file=sys.stderr)


def setup_logging() -> None:
    """Show the lines of the "ctckit" logger on stderr; may be called twice."""
    if not any(isinstance(handler, _TqdmHandler) for handler in LOGGER.handlers):
        LOGGER.addHandler(_TqdmHandler())
    LOGGER.setLevel(logging.DEBUG)
    LOGGER.propagate = False


def progress(
    items: Iterable[Item], description: str, *, total: int | None = None, unit: str = "it"
) -> "tqdm[Item]":
    """Iterate over `items` with a progress bar on stderr that leaves no trace when done.

    Where stderr is a file or a pipe there is no bar, and `update` does not count.
    Usable as a bar to update by hand, too: `with progress((), "download", total=n) as bar`.
    """
    return tqdm(
        items,
        desc=description,
        total=total,
        unit=unit,
        leave=False,
        dynamic_ncols=True,
        file=sys.stderr,
        unit_scale=unit == "B",
        delay=0.2,
        disable=None,
    )


def format_seconds(seconds: float) -> str:
    """Return a duration to read: 42 s, 3 min 20 s, 2 h 05 min.

    >>> format_seconds(41.7), format_seconds(200), format_seconds(7500)
    ('42 s', '3 min 20 s', '2 h 05 min')
    """
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {seconds:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def counted(number: int, noun: str) -> str:
    """Return a number of things to read.

    >>> counted(1, "image"), counted(1200, "row")
    ('1 image', '1,200 rows')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


@contextmanager
def hidden_native_log() -> Iterator[None]:
    """Hide what is written to file descriptor 2 while TensorFlow is imported, or converts.

    Its C++ parts write there before any setting of theirs is read, LiteRT's without one. If the
    block fails, what was hidden is shown after all.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    terminal = os.dup(2)
    with _scratch_file() as hidden:
        os.dup2(hidden.fileno(), 2)
        try:
            yield
        except Exception:
            hidden.seek(0)
            os.write(terminal, hidden.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(terminal, 2)
            os.close(terminal)


def _scratch_file() -> IO[bytes]:
    """Return a file without a name; in memory where the system can: a disk may be read-only."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("ctckit"), "w+b")
    return tempfile.TemporaryFile()
