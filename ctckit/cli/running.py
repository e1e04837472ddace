"""From a command to an exit status: one clear line where the input is wrong."""

import os
import sys
from collections.abc import Callable

from tqdm import tqdm

from ctckit.cli.arguments import in_words_of_flags
from ctckit.errors import InputError
from ctckit.log import setup_logging

EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130


def run_command(command: Callable[[], None]) -> int:
    """Run `command` and return its exit status: 0 done, 2 bad input, 130 interrupted.

    Faults of the program itself keep their traceback (status 1).
    """
    setup_logging()
    try:
        command()
    except InputError as error:
        tqdm.write(f"error: {in_words_of_flags(error)}", file=sys.stderr)
        return EXIT_BAD_INPUT
    except KeyboardInterrupt:
        tqdm.write("interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # whoever read our output has seen enough, as in `… | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


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
