"""From a command to an exit status: one clear line where the input is wrong."""

import os
import signal
import sys
from collections.abc import Callable
from importlib.util import find_spec
from types import FrameType

from ctckit.cli.arguments import in_words_of_flags
from ctckit.errors import InputError, Terminated
from ctckit.files import EXHAUSTED, NO_ROOM
from ctckit.log import LOGGER, setup_logging
from ctckit.terminal import show_what_cannot_be_shown

EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143


def run_command(command: Callable[[], None]) -> int:
    """Run `command` and return its exit status.

    0: done; 2: bad input, or no room to write to; 130: interrupted; 143: ended by SIGTERM.
    Faults of the program itself keep their traceback (status 1).
    """
    setup_logging()
    show_what_cannot_be_shown()
    try:
        _run(command)
    except InputError as error:
        LOGGER.error("error: %s", in_words_of_flags(error))
        return EXIT_BAD_INPUT
    except KeyboardInterrupt:
        LOGGER.error("interrupted")
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # whoever read our output has seen enough, as in `… | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        if error.errno not in (*NO_ROOM, *EXHAUSTED):
            raise
        about = f" ({error.filename})" if error.filename else ""
        LOGGER.error(
            "error: expected a system with room for what is done, received '%s'%s; make room, "
            "then go on", error.strerror, about,
        )  # fmt: skip
        return EXIT_BAD_INPUT
    except Terminated:
        LOGGER.error("ended by SIGTERM")
        return EXIT_TERMINATED
    return 0


def _run(command: Callable[[], None]) -> None:
    """Run `command`; SIGINT and SIGTERM leave it by way of all that is to be cleared away.

    Libraries catch what a signal raises while they are imported, and fail for want of what they
    have not imported then: that is the signal's doing, too.
    """
    asked: list[BaseException] = []

    def end(number: int, frame: FrameType | None) -> None:
        asked.append(Terminated() if number == signal.SIGTERM else KeyboardInterrupt())
        raise asked[-1]

    previous = {
        number: handler
        for number in (signal.SIGINT, signal.SIGTERM)
        # Ignored in the background of a script; None where it is not Python's.
        if (handler := signal.getsignal(number)) not in (signal.SIG_IGN, None)
    }
    try:
        for number in previous:
            signal.signal(number, end)
        command()
    except Exception:
        if asked:
            raise asked[-1] from None
        raise
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def require_packages(*names: str, extra: str = "train") -> None:
    """Refuse to go on where one of the packages of an extra, by default to train, is missing.

    Raises:
        InputError: says which, and how to get them.
    """
    if missing := [name for name in names if find_spec(name) is None]:
        raise InputError(
            f"expected the packages of ctckit[{extra}], received an installation without "
            f"{', '.join(missing)}; do: pip install 'ctckit[{extra}]'"
        )


def require_opencv() -> None:
    """Import OpenCV, which needs a few system libraries that servers and containers may lack.

    Raises:
        InputError: one of them (such as libGL.so.1) is missing; tells how to get it.
    """
    try:
        import cv2  # noqa: F401
    except ImportError as error:
        if ".so" not in str(error):
            raise
        raise InputError(
            f"OpenCV cannot start: {error}. Install the system libraries "
            "(Debian, Ubuntu: apt-get install libgl1 libglib2.0-0), or take the OpenCV that needs "
            "none: pip uninstall -y opencv-python && pip install opencv-python-headless"
        ) from error
