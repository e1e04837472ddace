"""How much memory the bodies of requests may take, all together."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fastapi import HTTPException

RETRY_AFTER = {"retry-after": "1"}  # seconds


class Room:
    """Memory for the bodies of requests that are not answered yet.

    Args:
        size: in bytes.
    """

    def __init__(self, size: int) -> None:
        self._left = size

    @contextmanager
    def of_a_request(self) -> Iterator[Callable[[int], None]]:
        """Lend a function that takes bytes, which are given back when the request is answered.

        It raises an HTTPException (429) where there is no room for them.
        """
        taken = 0

        def take(size: int) -> None:
            nonlocal taken
            if size > self._left:
                raise HTTPException(
                    429, "expected fewer requests at once, received more than there is memory for; "
                    "try again later", {**RETRY_AFTER, "connection": "close"},
                )  # fmt: skip
            self._left -= size
            taken += size

        try:
            yield take
        finally:
            self._left += taken
