import os
import signal

import numpy as np
import pytest

from ctckit.errors import InputError
from ctckit.render.rounds import CHUNK, Rounds

SIZE = CHUNK + 8


def draw(number: int) -> tuple[np.ndarray, str]:
    return np.full((2, 3, 3), number % 256, np.uint8), str(number)


def die(number: int) -> tuple[np.ndarray, str]:
    os.kill(os.getpid(), signal.SIGKILL)
    return draw(number)


@pytest.mark.parametrize("processes", [1, 2])
def test_rounds_come_in_order_from_any_on(processes):
    with Rounds(draw, SIZE, processes) as rounds:
        for number in (3, 4, 5, 0):
            drawn = rounds.take(number)
            assert [text for _, text in drawn] == [
                str(place) for place in range(number * SIZE, (number + 1) * SIZE)
            ]
            np.testing.assert_array_equal(drawn[7][0], draw(number * SIZE + 7)[0])


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="processes end otherwise here")
def test_the_end_of_a_process_is_told():
    with Rounds(die, SIZE, 1) as rounds, pytest.raises(InputError, match="the end of one"):
        rounds.take(0)
