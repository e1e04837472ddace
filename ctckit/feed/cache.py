"""How much memory the images may take that are kept from one epoch to the next."""

import re
import threading
import weakref
from collections.abc import Callable, Hashable, Iterable
from pathlib import Path
from typing import Any, Generic, TypeVar

from ctckit.errors import InputError
from ctckit.log import LOGGER, counted

AUTO, OFF = "auto", "off"
SHARE = 0.5  # of the free memory, for AUTO
OVERHEAD = 200  # bytes, of an array, beside its numbers
UNITS = {"MB": 10**6, "GB": 10**9}
CGROUPS = Path("/sys/fs/cgroup")  # where Linux tells what a container may have
OWN_CGROUPS = Path("/proc/self/cgroup")  # and which of them this process is in

Key = TypeVar("Key", bound=Hashable)


class CacheRoom:
    """Memory for what is kept, shared by all that keep something; several threads may ask.

    What was kept first stays: where every image comes once in an epoch, in an order drawn anew,
    nothing else would be met more often.

    Args:
        size: in bytes.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._left = size
        self._num_kept = 0
        self._is_full = False
        self._lock = threading.RLock()  # what goes may give back at any moment, here too

    def __reduce__(self) -> tuple[type["CacheRoom"], tuple[int]]:
        """Go to another process as empty as it was."""
        return CacheRoom, (self.size,)

    def take(self, size: int) -> bool:
        """Take room for one more, of so many bytes; without any say False, and why in the log."""
        with self._lock:
            if size <= self._left:
                self._left -= size
                self._num_kept += 1
                return True
            first, self._is_full = not self._is_full, True
        if first:
            LOGGER.info(
                "the cache is full: %s in %.0f MB; the others are read again in every epoch "
                "(--cache)", counted(self._num_kept, "image"), self.size / 10**6,
            )  # fmt: skip
        return False

    def give_back(self, size: int) -> None:
        """Have room again for what is kept no longer."""
        with self._lock:
            self._left += size

    def part(self, number: int) -> "CacheRoom":
        """Return one of so many equal parts, for a process of its own."""
        return CacheRoom(self.size // number)


class Kept(Generic[Key]):
    """Samples that are kept as far as there is room, which they give back when this object goes.

    A copy in another process is empty. Safe to use from several threads.

    Args:
        room: None keeps nothing.
    """

    def __init__(self, room: CacheRoom | None) -> None:
        self._room = room
        self._samples: dict[Key, tuple[Any, ...]] = {}
        if room is not None:
            weakref.finalize(self, _give_all_back, room, self._samples).atexit = False

    def __reduce__(self) -> tuple[type["Kept[Key]"], tuple[CacheRoom | None]]:
        """Go to another process without what is kept here."""
        return Kept, (self._room,)

    def __contains__(self, key: Key) -> bool:
        """Say whether the sample of a key is kept."""
        return key in self._samples

    def get(self, key: Key, make: Callable[[Key], tuple[Any, ...]]) -> tuple[Any, ...]:
        """Return the sample of a key, made if it is not kept."""
        sample = self._samples.get(key)
        if sample is None:
            sample = make(key)
            size = _bytes_of(sample)
            if (
                self._room is not None
                and self._room.take(size)
                and self._samples.setdefault(key, sample) is not sample
            ):
                self._room.give_back(size)  # another thread was quicker
        return sample

    def part(self, number: int) -> "Kept[Key]":
        """Return an empty one with one of so many parts of the room."""
        return Kept(self._room and self._room.part(number))


def _give_all_back(room: CacheRoom, samples: dict[Any, tuple[Any, ...]]) -> None:
    room.give_back(sum(map(_bytes_of, samples.values())))


def _bytes_of(parts: Iterable[Any]) -> int:
    """Return how much memory the arrays of a sample take, with what Python takes for them."""
    return sum(getattr(part, "nbytes", 0) + OVERHEAD for part in parts)


def cache_size(text: str) -> int | None:
    """Return a size such as 500MB or 2GB in bytes, 0 for off; None for auto.

    Raises:
        InputError: it is written otherwise.
    """
    if text in (AUTO, OFF):
        return None if text == AUTO else 0
    number = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(MB|GB)", text.strip(), re.IGNORECASE)
    if not number:
        raise InputError(
            f"expected {AUTO}, {OFF} or a size, received '{text}'; write it as 500MB or 2GB",
            argument="cache",
        )
    return int(float(number[1]) * UNITS[number[2].upper()])


def cache_room(text: str = AUTO) -> CacheRoom | None:
    """Return the room that `cache_size` tells; None where nothing is to be kept.

    For auto it is half of the memory that is free now, in this machine and in its container.
    """
    size = cache_size(text)
    if size is None:
        size = int(SHARE * free_memory())
    return CacheRoom(size) if size else None


def free_memory() -> int:
    """Return how much memory a process may still take without another losing any, in bytes."""
    import psutil

    available: int = psutil.virtual_memory().available
    return min([available, *_left_to_containers()])


def _left_to_containers() -> list[int]:
    """Return what the control groups leave that this process is in, as far as they limit it.

    Linux' documentation calls them cgroup v2 and v1; what files are kept in memory counts as free.
    """
    try:
        lines = OWN_CGROUPS.read_text(encoding="ascii").splitlines()
    except OSError:
        return []
    left = []
    for line in lines:
        _, controllers, place = line.split(":", 2)
        if not controllers:
            names = "memory.max", "memory.current", "inactive_file"
            root = CGROUPS
        elif "memory" in controllers.split(","):
            names = "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"
            root = CGROUPS / "memory"
        else:
            continue
        group = root / place.lstrip("/")
        left += [_left(folder, *names) for folder in (group, *group.parents) if root in
                 (folder, *folder.parents)]  # fmt: skip
    return [number for number in left if number is not None]


def _left(group: Path, limit: str, usage: str, of_files: str) -> int | None:
    """Return what a group leaves; None if it sets no limit, or cannot be looked at."""
    try:
        most, used = ((group / name).read_text(encoding="ascii").strip() for name in (limit, usage))
        stat = (group / "memory.stat").read_text(encoding="ascii")
        kept = re.search(rf"^{of_files} (\d+)$", stat, re.MULTILINE)
        return max(0, int(most) - int(used) + int(kept[1] if kept else 0))
    except (OSError, ValueError):  # also "max"
        return None
