"""A model in a process of its own: it holds to a limit of memory, and may end without the server.

What answers over HTTP and what reads do not share Python's lock, and a model that takes too much
memory or time, or crashes, takes nothing with it but the images that it was reading.
"""

import gc
import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection, wait
from typing import Any

from ctckit.errors import InputError
from ctckit.inference.reader import ImageToWordModel
from ctckit.log import LOGGER, setup_logging
from ctckit.serve.loaded import LoadedModel
from ctckit.serve.reading import NAME, Asked, Found
from ctckit.text.constrained.constraint import Constraint

LOAD_S = 120.0  # that a model may take to be loaded
WANT_OF_MEMORY = "bad_alloc"  # in onnxruntime's words
END_S = 5.0  # for an ended process to be cleared away

_SPAWN = multiprocessing.get_context("spawn")  # threads of this process do not survive a fork


class UnavailableError(Exception):
    """The process of a model has not answered, and no other could do so in its place."""


class _EndedError(Exception):
    """A process has ended before it answered."""


class ModelProcess:
    """Read what requests ask for with a model of another process, as `LoadedModel` does.

    One that ends is started anew. The images that it was reading are then read one by one, so that
    one that ends it does not take the others with it.

    Args:
        name: of the model, for the log.
        open_reader: returns the model; it is called in the other process, so it has to be one that
            can be pickled.
        num_threads: batches that it reads at the same time.
        max_pixels: most pixels of an image.
        memory_mb: most memory of the process, in millions of bytes; 0: as much as there is. Held
            on Linux only.
        time_limit_s: after which a process that is at one batch is ended.

    Raises:
        InputError: the model cannot be loaded, or not within these limits.
    """

    def __init__(
        self,
        name: str,
        open_reader: Callable[[], ImageToWordModel],
        *,
        num_threads: int,
        max_pixels: int,
        memory_mb: int = 0,
        time_limit_s: float = 20.0,
    ) -> None:
        self._name = name
        self.num_threads = num_threads
        self._start = partial(_Started, open_reader, num_threads, max_pixels, memory_mb)
        self._memory_mb = memory_mb
        self._time_limit_s = time_limit_s
        self._lock = threading.Lock()
        self._is_closed = False
        self._process = self._start()

    def constraint(self, said: dict[str, Any]) -> Constraint | None:
        """Return what a request says of its texts, see `Constraints.of`.

        Raises:
            InputError: those of `Constraints.of`.
            UnavailableError: it takes too long, or too much.
        """
        try:
            answer: Constraint | InputError | None = self._answer("constraint", said)
        except _EndedError:
            raise UnavailableError from None
        if isinstance(answer, InputError):
            raise answer
        return answer

    def read(self, asked: Sequence[Asked]) -> list[Found | InputError]:
        """Return what is read in each image, see `read_batch`.

        Raises:
            UnavailableError: it takes too long, or no other process can be started.
        """
        try:
            answers: list[Found | InputError] = self._answer("read", asked)
        except _EndedError:
            return [self._read_alone(one) for one in asked]
        return answers

    def _read_alone(self, asked: Asked) -> Found | InputError:
        try:
            answer: Found | InputError = self._answer("read", [asked])[0]
        except _EndedError:
            return InputError(f"cannot read {NAME}: the model's process ended at it")
        return answer

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._is_closed = True
            self._process.end()

    def _answer(self, verb: str, asked: Any) -> Any:
        """Have the process do something; if it ends at that, start another one."""
        process = self._process
        try:
            return process.ask(verb, asked, self._time_limit_s)
        except TimeoutError:
            self._replace(process, f"has been at one batch for more than {self._time_limit_s:g} s")
            raise UnavailableError from None
        except (EOFError, OSError):
            self._replace(process, f"has ended{_said_of(self._memory_mb)}")
            raise _EndedError from None

    def _replace(self, process: "_Started", reason: str) -> None:
        """Start another process, unless another thread has."""
        with self._lock:
            if self._process is not process or self._is_closed:
                return
            LOGGER.warning("the process of model %s %s; starting another", self._name, reason)
            process.end()
            try:
                self._process = self._start()
            except InputError as error:
                LOGGER.error("model %s: %s", self._name, error)
                raise UnavailableError from None


class _Started:
    """A process, and a connection to each of its threads: one more than read, for constraints."""

    def __init__(
        self,
        open_reader: Callable[[], ImageToWordModel],
        num_threads: int,
        max_pixels: int,
        memory_mb: int,
    ) -> None:
        pipes = [_SPAWN.Pipe() for _ in range(num_threads + 1)]
        theirs = [their for _, their in pipes]
        self._process = _SPAWN.Process(
            target=_serve, args=(theirs, open_reader, max_pixels, memory_mb), daemon=True
        )
        self._process.start()
        for their in theirs:
            their.close()
        self._free: queue.SimpleQueue[Connection] = queue.SimpleQueue()
        for our, _ in pipes:
            self._free.put(our)
        try:
            self._wait_for_model(memory_mb)
        except BaseException:
            self.end()
            raise

    def _wait_for_model(self, memory_mb: int) -> None:
        """Wait until the model is loaded, which the first connection tells."""
        connection = self._free.get()
        wanted = "expected a model that can be loaded, received one at which its process"
        more = f"{_said_of(memory_mb)}; allow more, or give another"
        if not connection.poll(LOAD_S):
            raise InputError(f"{wanted} is busy for more than {LOAD_S:g} s; give another")
        try:
            problem: InputError | None = connection.recv()
        except (EOFError, OSError):
            raise InputError(f"{wanted} has ended{more}") from None
        if problem is not None:
            raise problem
        self._free.put(connection)

    def ask(self, verb: str, asked: Any, seconds: float) -> Any:
        """Return what a thread of the process answers.

        Raises:
            TimeoutError: it takes too long.
            EOFError, OSError: the process has ended.
        """
        connection = self._free.get()
        try:
            connection.send((verb, asked))
            if not connection.poll(seconds):
                raise TimeoutError
            return connection.recv()
        finally:
            self._free.put(connection)

    def end(self) -> None:
        """End it at once, and clear it away."""
        self._process.kill()
        self._process.join(END_S)


def _serve(
    connections: Sequence[Connection],
    open_reader: Callable[[], ImageToWordModel],
    max_pixels: int,
    memory_mb: int,
) -> None:
    """Be the other process: load the model, and answer until the first process has ended."""
    for number in (signal.SIGINT, signal.SIGTERM):  # they are for the first, which ends this one
        signal.signal(number, signal.SIG_IGN)
    setup_logging()
    _limit_memory(memory_mb)
    try:
        model = LoadedModel(open_reader(), max_pixels)
    except InputError as error:
        if WANT_OF_MEMORY not in str(error):  # that is told by the end of the process
            connections[0].send(error)
        return
    gc.freeze()  # no collection of garbage looks at what stays
    connections[0].send(None)
    for connection in connections:
        threading.Thread(target=_answer_all, args=(model, connection), daemon=True).start()
    if parent := multiprocessing.parent_process():
        wait([parent.sentinel])
    os._exit(0)  # threads may be at a batch


def _answer_all(model: LoadedModel, connection: Connection) -> None:
    """Answer what comes over one connection.

    A fault ends the connection, and so does want of memory: the first process then ends this one.
    """
    verbs: dict[str, Callable[[Any], Any]] = {"read": model.read, "constraint": model.constraint}
    with connection, suppress(EOFError, OSError, MemoryError):
        while True:
            verb, asked = connection.recv()
            try:
                answer = verbs[verb](asked)
            except InputError as error:
                answer = error
            connection.send(answer)


def _limit_memory(memory_mb: int) -> None:
    """Have this process hold to a limit; Windows has none, macOS ignores it."""
    if memory_mb:
        with suppress(ImportError):
            import resource

            resource.setrlimit(resource.RLIMIT_DATA, (memory_mb * 1_000_000,) * 2)


def _said_of(memory_mb: int) -> str:
    return (
        f", maybe for want of memory: it may have {memory_mb} MB (--memory-mb)" if memory_mb else ""
    )
