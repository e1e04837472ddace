"""What waits, what is read together, what is refused."""

import asyncio
import threading

import pytest

from ctckit.serve.batching import Batcher, QueueFullError
from tests.serve.conftest import run


class Reader:
    """Double numbers, and note the batches; wait at a gate before each."""

    def __init__(self, gate=None):
        self.batches = []
        self.gate = gate

    def __call__(self, numbers):
        if self.gate:
            assert self.gate.wait(20)
        self.batches.append(list(numbers))
        if 13 in numbers:
            raise ZeroDivisionError
        return [2 * number for number in numbers]


def make(read, **changes):
    options = {"num_threads": 1, "batch_size": 4, "max_queue": 8, "max_wait_s": 0.002}
    return Batcher(read, **(options | changes))


def test_what_is_asked_at_the_same_time_is_read_together():
    async def ask():
        read = Reader()
        batcher = make(read)
        answers = await asyncio.gather(*(batcher.answers([number]) for number in range(4)))
        assert answers == [[0], [2], [4], [6]]
        assert await batcher.answers([7, 8]) == [14, 16]
        return read.batches

    assert run(ask()) == [[0, 1, 2, 3], [7, 8]]


def test_free_threads_share_what_waits_and_no_batch_is_larger_than_told():
    async def ask():
        read = Reader()
        batcher = make(read, num_threads=2, batch_size=3)
        assert await batcher.answers(range(8)) == list(range(0, 16, 2))
        return read.batches

    batches = run(ask())
    assert max(map(len, batches)) <= 3 and sorted(sum(batches, [])) == list(range(8))


def test_while_a_thread_is_busy_others_gather_up_to_the_limit():
    async def ask():
        read = Reader(threading.Event())
        batcher = make(read)
        first = asyncio.ensure_future(batcher.answers([0]))
        await asyncio.sleep(0)
        await asyncio.sleep(0)  # it has begun, and waits at the gate
        others = [asyncio.ensure_future(batcher.answers([number])) for number in range(1, 9)]
        await asyncio.sleep(0)
        assert batcher.queued == 8 and batcher.is_full
        with pytest.raises(QueueFullError):
            await batcher.answers([9])
        read.gate.set()
        assert await first == [0]
        assert await asyncio.gather(*others) == [[2 * number] for number in range(1, 9)]
        assert not batcher.is_full
        return read.batches

    assert run(ask()) == [[0], [1, 2, 3, 4], [5, 6, 7, 8]]


def test_a_request_on_its_way_is_waited_for():
    async def ask():
        read = Reader()
        batcher = make(read, max_wait_s=60)

        async def slow():
            with batcher.on_its_way():
                await asyncio.sleep(0)
                await asyncio.sleep(0)
            return await batcher.answers([2])

        task = asyncio.ensure_future(slow())
        await asyncio.sleep(0)
        assert await asyncio.gather(batcher.answers([1]), task) == [[2], [4]]
        return read.batches

    assert sorted(sum(run(ask()), [])) == [1, 2]  # 60 s were not waited for


def test_one_that_never_arrives_is_not_waited_for():
    async def ask():
        batcher = make(Reader(), max_wait_s=0.001)
        with batcher.on_its_way():
            return await batcher.answers([1])

    assert run(ask()) == [2]


def test_a_fault_is_told_to_all_of_the_batch_and_to_no_other():
    async def ask():
        batcher = make(Reader(), batch_size=2)
        return await asyncio.gather(
            *(batcher.answers([number]) for number in (1, 13, 2)), return_exceptions=True
        )

    one, two, three = run(ask())
    assert isinstance(one, ZeroDivisionError) and isinstance(two, ZeroDivisionError)
    assert three == [4]


def test_what_nobody_waits_for_any_more_is_not_read():
    async def ask():
        read = Reader(threading.Event())
        batcher = make(read)
        first = asyncio.ensure_future(batcher.answers([0]))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        gone = asyncio.ensure_future(batcher.answers([1]))
        last = asyncio.ensure_future(batcher.answers([2]))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0)
        read.gate.set()
        assert [await first, await last] == [[0], [4]]
        return read.batches

    assert run(ask()) == [[0], [2]]


def test_a_thread_at_one_batch_for_too_long_is_stuck():
    async def ask():
        read = Reader(threading.Event())
        batcher = make(read, time_limit_s=0)
        assert not batcher.is_stuck
        first = asyncio.ensure_future(batcher.answers([0]))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        stuck = batcher.is_stuck
        read.gate.set()
        await first
        return stuck, batcher.is_stuck

    assert run(ask()) == (True, False)


def test_what_waited_is_observed():
    async def ask():
        seen = []
        batcher = make(Reader(), observe=seen.append)
        await batcher.answers([1, 2])
        return seen

    ((first, second),) = run(ask())
    assert first >= second >= 0
