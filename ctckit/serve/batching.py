"""Images of several requests are read together: a bounded queue in front of some threads."""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")
Read = Callable[[list[Asked]], Sequence[Answer]]  # as many answers, in the same order


class QueueFullError(Exception):
    """There is no room for another image to wait."""


class _Waiting(Generic[Asked, Answer]):
    """One that waits, since when, and where the answer goes."""

    __slots__ = ("answer", "asked", "since")

    def __init__(self, asked: Asked, answer: "asyncio.Future[Answer]") -> None:
        self.asked = asked
        self.answer = answer
        self.since = time.monotonic()


class Batcher(Generic[Asked, Answer]):
    """Put what several tasks ask at the same time into batches, and have threads answer them.

    A thread that is free takes what waits. While further requests are on their way, it waits for
    them, `max_wait_s` at most. Used within one event loop.

    Args:
        read: answers a batch, called in a thread.
        num_threads: batches that are read at the same time.
        batch_size: the most that are read at once.
        max_queue: the most that wait.
        max_wait_s: the longest that something waits beside a free thread.
        time_limit_s: after which a thread that reads one batch counts as stuck.
        observe: is told of each batch how long each of it has waited, in seconds.
    """

    def __init__(
        self,
        read: Read[Asked, Answer],
        *,
        num_threads: int,
        batch_size: int,
        max_queue: int,
        max_wait_s: float,
        time_limit_s: float = math.inf,
        observe: Callable[[list[float]], None] = lambda seconds: None,
    ) -> None:
        self._read = read
        self._batch_size = batch_size
        self._max_queue = max_queue
        self._max_wait_s = max_wait_s
        self._time_limit_s = time_limit_s
        self._observe = observe
        self._pool = ThreadPoolExecutor(num_threads, "read")
        self._free = num_threads
        self._begun: dict[int, float] = {}  # of the batches that are being read: since when
        self._on_their_way = 0
        self._queue: deque[_Waiting[Asked, Answer]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def queued(self) -> int:
        """How many wait."""
        return len(self._queue)

    @property
    def is_full(self) -> bool:
        """Whether nothing more can wait."""
        return len(self._queue) >= self._max_queue

    @property
    def is_stuck(self) -> bool:
        """Whether a thread has been at one batch for longer than the time limit."""
        longest = time.monotonic() - min(self._begun.values(), default=math.inf)
        return longest > self._time_limit_s

    @contextmanager
    def on_its_way(self) -> Iterator[None]:
        """Tell that something will be asked, while a request is received."""
        self._on_their_way += 1
        try:
            yield
        finally:
            self._on_their_way -= 1
            self._start_soon()

    async def answers(self, asked: Sequence[Asked]) -> list[Answer]:
        """Return the answers, in the order of what is asked.

        Raises:
            QueueFullError: there is no room for them.
        """
        if len(self._queue) + len(asked) > self._max_queue:
            raise QueueFullError
        loop = asyncio.get_running_loop()
        waiting = [_Waiting(one, loop.create_future()) for one in asked]
        self._queue.extend(waiting)
        self._start_soon()
        return [await one.answer for one in waiting]

    def close(self) -> None:
        """End the threads when they have read what they are at."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _start_soon(self) -> None:
        """Start a batch once the event loop has seen what arrived at the same time."""
        asyncio.get_running_loop().call_soon(self._start)

    def _start(self) -> None:
        while self._queue and self._free:
            waited = time.monotonic() - self._queue[0].since
            is_full = len(self._queue) >= self._batch_size
            if self._on_their_way and not is_full and waited < self._max_wait_s:
                self._look_again(self._max_wait_s - waited)
                return
            self._start_one(math.ceil(len(self._queue) / self._free))

    def _look_again(self, seconds: float) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._end_of_patience)

    def _end_of_patience(self) -> None:
        self._timer = None
        self._start()

    def _start_one(self, share: int) -> None:
        """Have a free thread read its share of what waits, of those that still want an answer."""
        size = min(share, self._batch_size)
        taken = [self._queue.popleft() for _ in range(size)]
        batch = [one for one in taken if not one.answer.done()]
        if not batch:
            return
        self._free -= 1
        now = time.monotonic()
        self._observe([now - one.since for one in batch])
        self._begun[id(batch)] = now
        loop = asyncio.get_running_loop()
        done = loop.run_in_executor(self._pool, self._read, [one.asked for one in batch])
        done.add_done_callback(lambda done: self._finish(batch, done))

    def _finish(
        self,
        batch: list[_Waiting[Asked, Answer]],
        done: "asyncio.Future[Sequence[Answer]]",
    ) -> None:
        self._free += 1
        del self._begun[id(batch)]
        error = asyncio.CancelledError() if done.cancelled() else done.exception()
        for place, one in enumerate(batch):
            if one.answer.done():
                continue
            if error is None:
                one.answer.set_result(done.result()[place])
            elif isinstance(error, asyncio.CancelledError):
                one.answer.cancel()
            else:
                one.answer.set_exception(error)
        self._start()
