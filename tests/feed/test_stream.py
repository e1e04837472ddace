"""Batches come in their order, however far ahead they are made."""

import time
from itertools import count

import pytest

from ctckit.feed.stream import in_order

each = pytest.mark.parametrize("workers", [0, 1, 3])


def slow_at_first(plan):
    """Make the first ones last."""
    time.sleep(0.002 * max(0, 5 - plan))
    return -plan


@each
@pytest.mark.parametrize("ahead", [1, 2, 5, 100])
@pytest.mark.parametrize("number", [0, 1, 20])
def test_batches_come_in_the_order_of_their_plans(workers, ahead, number):
    batches = in_order(slow_at_first, range(number), workers=workers, ahead=ahead)
    assert list(batches) == [-plan for plan in range(number)]


@each
def test_no_more_plans_are_taken_than_may_be_ready(workers):
    taken = []
    plans = (taken.append(number) or number for number in count())
    batches = in_order(abs, plans, workers=workers, ahead=4)
    for number in range(10):
        assert next(batches) == number
        assert len(taken) <= number + 1 + 4
    batches.close()


@each
def test_what_is_raised_comes_in_its_turn(workers):
    batches = in_order(lambda plan: 6 // (3 - plan), range(5), workers=workers, ahead=4)
    assert [next(batches) for _ in range(3)] == [2, 3, 6]
    with pytest.raises(ZeroDivisionError):
        next(batches)
