"""No search for garbage while a list is read: it would look at all rows again and again."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collection_paused() -> Iterator[None]:
    """Pause the collection of reference cycles; usable as a decorator, and within itself.

    Reading 100,000 tasks of Label Studio takes half the time so.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
