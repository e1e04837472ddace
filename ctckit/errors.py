"""The one exception that means: the input is wrong, and this is what to do about it."""

from collections.abc import Iterable
from difflib import get_close_matches


class InputError(ValueError):
    """Report bad input in one line: what was expected, what came, what to do.

    Command lines print its message without a traceback and exit with status 2.
    """


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
