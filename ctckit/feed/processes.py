"""Batches made in other processes: beside Python's lock, and without TensorFlow.

`multiprocessing` starts them afresh ("spawn"), as a fork of a process with threads may hang. A
batch comes back in memory that both sides share, as pipes take longer than making it; so do
arrays in what makes them that nobody writes to, such as the columns of a million samples.
"""

import pickle
import signal
import traceback
from collections.abc import Callable
from contextlib import suppress
from ctypes import c_ubyte
from math import prod
from multiprocessing import get_context
from multiprocessing.connection import Connection
from queue import LifoQueue
from threading import Lock
from typing import Any

import cv2
import numpy as np

from ctckit.errors import InputError
from ctckit.feed.batches import BatchMaker, BatchPlan
from ctckit.log import LOGGER

_CONTEXT = get_context("spawn")
_ALIGNMENT = 64  # bytes: arrays start where every type of number may


class BatchProcesses:
    """Make batches in `num_processes` processes, for as many threads, each of which waits for one.

    The first batch is made here and tells how much memory a sample takes; then the processes
    start. Each has a cache of its own, if `make` has one. They end with this object, and with
    this process, however it ends. Ctrl-C is left to this process.

    Args:
        make: what they do; a copy of it goes to each.
        num_processes: 1 or more.
        batch_size: samples of the largest batch; a larger one comes back, only more slowly.

    Raises:
        InputError: A step cannot be pickled.
    """

    def __init__(self, make: BatchMaker, num_processes: int, batch_size: int) -> None:
        self._make = make
        self._arrays: list[pickle.PickleBuffer] = []
        self._pickled = _pickle(make.for_processes(num_processes), self._is_written)
        self._num_processes = num_processes
        self._batch_size = batch_size
        self._idle: LifoQueue[_Process] = LifoQueue()
        self._starting = Lock()
        self._started = False

    def __call__(self, plan: BatchPlan) -> Any:
        """Return the batch; what a step raises there is raised here.

        Raises:
            InputError: An augmentor or a postprocessor cannot be pickled.
            RuntimeError: The process has ended.
        """
        request = _pickle(plan)
        with self._starting:
            if not self._started:
                return self._start(plan)
        process = self._idle.get()
        try:
            answer, replaced = process.ask(request)
        finally:
            self._idle.put(process)
        for position, reason in replaced.items():
            self._make.note_replaced(position, reason)
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def replaced(self) -> dict[int, str]:
        """What `BatchMaker` calls so, of all processes."""
        return self._make.replaced

    def _is_written(self, array: pickle.PickleBuffer) -> bool:
        """Say that an array goes to each process, or keep it for all."""
        if array.raw().readonly:
            self._arrays.append(array)
        return not array.raw().readonly

    def _start(self, plan: BatchPlan) -> Any:
        """Make the first batch and start the processes."""
        batch = self._make(plan)
        num_bytes = sum(buffer.raw().nbytes + _ALIGNMENT for buffer in _split(batch)[1])
        num_bytes = -(-num_bytes * self._batch_size // len(plan.positions))
        shared = _shared(self._arrays)
        self._arrays = []
        for _ in range(self._num_processes):
            self._idle.put(_Process(self._pickled, shared, num_bytes))
        self._started = True
        return batch


class _Process:
    """One process, its pipe and the memory shared with it; started anew if it has ended."""

    def __init__(self, make: bytes, arrays: list[Any], num_bytes: int) -> None:
        self._make = make
        self._arrays = arrays
        self._memory = _CONTEXT.RawArray(c_ubyte, max(1, num_bytes))
        self._start()

    def _start(self) -> None:
        self._pipe, other_end = _CONTEXT.Pipe()
        arguments = other_end, self._memory, self._make, self._arrays
        self._process = _CONTEXT.Process(target=_serve, args=arguments, daemon=True)
        with other_end:  # left open here, it would hide the end of the process
            self._process.start()

    def ask(self, request: bytes) -> tuple[Any, dict[int, str]]:
        """Return the batch for a pickled plan, or the exception that was raised instead.

        With it comes what was replaced in that process so far.
        """
        if self._pipe.closed:
            self._start()
        try:
            self._pipe.send_bytes(request)
            pickled, places, replaced = self._pipe.recv()
        except (EOFError, OSError) as error:
            self._pipe.close()
            self._process.join()
            raise RuntimeError(
                f"a process that prepares batches has ended (exit code {self._process.exitcode}); "
                "what it wrote stands above. Scripts start such processes only below the line "
                "`if __name__ == '__main__':`"
            ) from error
        except BaseException:  # interrupted: the next one to ask would get this answer
            self._pipe.close()
            self._process.kill()  # or it still writes to the memory of the one that follows
            self._process.join()
            raise
        memory = memoryview(self._memory)
        parts = [bytearray(memory[start:end]) for start, end in places]
        return pickle.loads(pickled, buffers=parts), replaced


def _serve(pipe: Connection, memory: Any, make: bytes, arrays: list[Any]) -> None:
    """Answer plans with batches until the other end of the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    LOGGER.disabled = True  # the process that asks has the log
    make_batch = pickle.loads(make, buffers=[memoryview(a).toreadonly() for a in arrays])
    shared = np.frombuffer(memory, np.uint8)
    with suppress(EOFError, OSError):
        while True:
            request = pipe.recv_bytes()
            pipe.send((*_answer(make_batch, request, shared), make_batch.replaced))


def _answer(make: BatchMaker, request: bytes, shared: np.ndarray) -> tuple[bytes, list[Any]]:
    """Return the pickled batch, or exception, and where in `shared` its arrays are."""
    room = _Room(shared)
    try:
        batch = make(pickle.loads(request), room.empty)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is raised on the other side
        return _pickle_error(error), []
    pickled, buffers = _split(batch)
    places = [room.place(np.frombuffer(buffer.raw(), np.uint8)) for buffer in buffers]
    return (pickle.dumps(batch), []) if None in places else (pickled, places)


class _Room:
    """Room for arrays in the bytes `shared`, one behind the other; what does not fit is outside."""

    def __init__(self, shared: np.ndarray) -> None:
        self._shared = shared
        self._start = shared.ctypes.data
        self._used = 0

    def empty(self, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        """Return a new array, like `np.empty`."""
        size = prod(shape) * dtype.itemsize
        part = self._shared[self._used : self._used + size]
        if len(part) < size or dtype.hasobject:
            return np.empty(shape, dtype)
        self._used += size + -size % _ALIGNMENT
        return part.view(dtype).reshape(shape)

    def place(self, content: np.ndarray) -> tuple[int, int] | None:
        """Return start and end of bytes in `shared`, copied there if need be; None: no room."""
        if not self._holds(content):
            copy = self.empty(content.shape, content.dtype)
            copy[:] = content
            content = copy
        start = content.ctypes.data - self._start
        return (start, start + len(content)) if self._holds(content) else None

    def _holds(self, content: np.ndarray) -> bool:
        return 0 <= content.ctypes.data - self._start < len(self._shared)


def _shared(arrays: list[pickle.PickleBuffer]) -> list[Any]:
    """Return copies in memory that processes share; it has no name that could be left behind."""
    shared = []
    for array in arrays:
        content = np.frombuffer(array.raw(), np.uint8)
        memory: Any = _CONTEXT.RawArray(c_ubyte, max(1, len(content)))
        np.frombuffer(memory, np.uint8)[: len(content)] = content
        shared.append(memory)
    return shared


def _split(batch: Any) -> tuple[bytes, list[pickle.PickleBuffer]]:
    """Pickle `batch` without the content of its arrays, which comes apart."""
    buffers: list[pickle.PickleBuffer] = []
    return pickle.dumps(batch, protocol=5, buffer_callback=buffers.append), buffers


def _pickle(
    what: BatchMaker | BatchPlan, keeps: Callable[[pickle.PickleBuffer], bool] | None = None
) -> bytes:
    """Pickle a maker or a plan, without arrays of which `keeps` does not say so."""
    try:
        return pickle.dumps(what, protocol=5, buffer_callback=keeps)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise InputError(
            f"expected steps that can be pickled, received one that cannot ({error}); "
            "define it at the top level of a module, or use threads",
            argument="use_multiprocessing",
        ) from error


def _pickle_error(error: Exception) -> bytes:
    """Pickle `error`, or its text if it cannot be pickled, with the traceback as a note."""
    note = "".join(traceback.format_exception(error))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001 - exceptions of any library
        error = RuntimeError(f"{type(error).__name__}: {error}")
    error.add_note(note)
    return pickle.dumps(error)
