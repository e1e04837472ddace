"""How much is fetched from elsewhere at most, and how long that may take."""

import math
import os
from typing import NamedTuple

from ctckit.errors import InputError

PAUSE_S = 60.0
MAX_GB = "CTCKIT_FETCH_GB"  # variables of the environment
MAX_HOURS = "CTCKIT_FETCH_HOURS"


class Limits(NamedTuple):
    """Limits of what is fetched.

    Attributes:
        size: of all of it, bytes.
        whole_s: seconds that all of it may take.
        pause_s: seconds to wait for an answer; also the longest pause within what comes.
        pauses_s: seconds to wait before each new attempt without anything having come; how many
            they are, so many attempts are made.
    """

    size: int = 100 * 10**9
    whole_s: float = 24 * 3600.0
    pause_s: float = PAUSE_S
    pauses_s: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0, 16.0)


def limits_of_environment() -> Limits:
    """Return the limits, those changed that the environment gives.

    Raises:
        InputError: a variable holds no number above 0.
    """
    usual = Limits()
    size = _number(MAX_GB, usual.size / 1e9) * 1e9
    return Limits(int(size), _number(MAX_HOURS, usual.whole_s / 3600) * 3600)


def _number(variable: str, usual: float) -> float:
    text = os.environ.get(variable, "").strip()
    try:
        number = float(text) if text else usual
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise InputError(
            f"expected a number above 0 in {variable}, received '{text}'; correct it, or unset it"
        )
    return number
