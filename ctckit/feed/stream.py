"""Batches in their order, made ahead by other threads."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Plan = TypeVar("Plan")
Batch = TypeVar("Batch")


def in_order(
    make: Callable[[Plan], Batch], plans: Iterable[Plan], *, workers: int, ahead: int
) -> Iterator[Batch]:
    """Yield what `make` makes of each plan, in the order of the plans.

    Args:
        make: called in `workers` threads at once; what it raises is raised here, in its turn.
        plans: taken one by one, no earlier than needed.
        workers: threads; with 0 each batch is made when it is asked for.
        ahead: batches that may be ready before they are asked for, 1 or more.
    """
    if workers < 1:
        yield from map(make, plans)
        return
    pool = ThreadPoolExecutor(workers)
    try:
        waiting: deque[Future[Batch]] = deque()
        for plan in plans:
            waiting.append(pool.submit(make, plan))
            if len(waiting) > ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:  # also where nobody asks for the rest
        pool.shutdown(cancel_futures=True)
