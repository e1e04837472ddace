"""The one exception that means: the input is wrong, and this is what to do about it."""

from collections.abc import Iterable
from difflib import get_close_matches

from ctckit.terminal import visible


class InputError(ValueError):
    """Report bad input in one line: what was expected, what came, what to do.

    Command lines print its message without a traceback and exit with status 2. Messages quote files
    of others: characters that cannot be shown in a line stand in them as `terminal.visible` has it.

    Args:
        message: "expected …, received …; do this".
        argument: name of the argument that is wrong, as `batch_size`; it stands before the
            message. A command line puts its own name for it there.
    """

    def __init__(self, message: str, *, argument: str | None = None) -> None:
        message = visible(message)
        super().__init__(f"{argument}: {message}" if argument else message)
        self.message = message
        self.argument = argument


class Terminated(BaseException):
    """End the process, as SIGTERM asked for; no `except Exception` is to keep it from that."""


def nearest_name(name: str, names: Iterable[str]) -> str:
    """Return " Did you mean 'x'?" for the closest of `names`, or "" when none is close.

    >>> nearest_name("heigth", ["height", "width"])
    " Did you mean 'height'?"
    >>> nearest_name("CUDA", ["cpu", "cuda"])
    " Did you mean 'cuda'?"
    """
    by_lower = {known.lower(): known for known in names}
    matches = get_close_matches(name.lower(), by_lower, n=1)
    return f" Did you mean '{by_lower[matches[0]]}'?" if matches else ""
