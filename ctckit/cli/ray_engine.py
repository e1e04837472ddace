"""Parts of a read, read by the processes of a Ray cluster, through Ray Data.

Ray starts the processes, gives each its cores, and starts another one for one that ends. What is
read comes back here: the machines of the cluster must reach the images, not the results.
"""

import json
import logging
import os
import signal
import socket
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from functools import cached_property
from pathlib import Path
from typing import Any

from ctckit.cli.read_output import Row
from ctckit.cli.shards import Part
from ctckit.errors import InputError
from ctckit.log import LOGGER, counted, hidden_native_log

ReadImages = Callable[[list[str]], list[Row]]  # one row for each, in their order
Batch = dict[str, Any]  # columns of one row
MAX_RETRIES = 10  # of a part whose process ended; a machine that is lost takes a few of them
ANSWER_S = 10.0  # that the head of a cluster may take to answer


def rows_by_ray(
    open_reader: Callable[[], ReadImages],
    images: list[str],
    parts: list[Part],
    *,
    cores: int,
    gpus: int = 0,
) -> Iterator[tuple[Part, list[Row]]]:
    """Yield each part with its rows, in the order in which they are read.

    The cluster is that of `RAY_ADDRESS`, or a new one of this machine's cores, for as long as this
    takes. It gets as many readers as it has room for, and more when machines are added.

    Args:
        open_reader: is called once in each process; it is pickled.
        images: of all parts.
        parts: to read.
        cores: that a reader takes.
        gpus: that it takes.

    Raises:
        InputError: there is no cluster, or no room in it; a reader cannot be opened, or cannot
            read; or parts are lost, as their processes ended again and again.
    """
    if not parts:
        return
    with _cluster():
        left = {part.name: part for part in parts}
        for part_name, answer in _answers(open_reader, images, parts, cores, gpus):
            if "error" in answer:
                raise InputError(answer["error"])
            yield left.pop(part_name), answer["rows"]
        if left:
            raise _lost(images, list(left.values()))


class PartReader:
    """Read one part after the other, in a process of the cluster."""

    def __init__(self, open_reader: Callable[[], ReadImages]) -> None:
        self._open_reader = open_reader

    @cached_property
    def _read_images(self) -> ReadImages:
        return self._open_reader()

    def __call__(self, batch: Batch) -> Batch:
        """Return what is read of the one part of a batch, or why nothing can be."""
        try:
            answer: Batch = {"rows": self._read_images(json.loads(batch["images"][0]))}
        except InputError as error:  # of the model or the machine, not of an image
            answer = {"error": f"{socket.gethostname()}: {error}"}
        return {"part": batch["part"], "answer": [json.dumps(answer)]}


def _answers(
    open_reader: Callable[[], ReadImages],
    images: list[str],
    parts: list[Part],
    cores: int,
    gpus: int,
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the names of parts and what their readers answer; parts that are lost are left out."""
    from ray import data

    context = data.DataContext.get_current()
    context.enable_progress_bars = False
    context.max_errored_blocks = -1  # the others are read; who asks sees what is missing
    readers = data.ActorPoolStrategy(
        min_size=1, max_size=None, initial_size=_room(cores, gpus), max_tasks_in_flight_per_actor=2
    )
    # JSON in ASCII: names of files may be bytes that no column of text can hold.
    rows = [
        {"part": part.name, "images": json.dumps([images[place] for place in part.places])}
        for part in parts
    ]
    with warnings.catch_warnings(action="ignore"):  # of 2.64, which bounds no retries
        answered = data.from_items(rows, override_num_blocks=len(rows)).map_batches(
            PartReader, fn_constructor_args=(open_reader,), batch_size=1, compute=readers,
            num_cpus=cores, num_gpus=gpus, max_restarts=-1, max_task_retries=MAX_RETRIES,
        )  # fmt: skip
    for batch in answered.iter_batches(batch_size=None):
        for name, answer in zip(batch["part"], batch["answer"], strict=True):
            yield name, json.loads(answer)


def _room(cores: int, gpus: int) -> int:
    """Return how many readers the cluster has room for.

    Raises:
        InputError: for none.
    """
    import ray

    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    room = sum(
        int(min(node.get("CPU", 0) // cores, node.get("GPU", 0) // gpus if gpus else cores * 1e9))
        for node in nodes
    )
    if not room:
        wanted = f"{cores} cores" + (f" and {gpus} GPU" if gpus else "")
        largest = max((int(node.get("CPU", 0)) for node in nodes), default=0)
        raise InputError(
            f"expected a Ray cluster with a machine of {wanted} for each reader, received "
            f"{len(nodes)} of {largest} cores at most; start larger ones, or say --num-threads 1"
        )
    return room


@contextmanager
def _cluster() -> Iterator[None]:
    """Connect with the cluster while the block lasts; what Ray tells goes to its logs alone."""
    address = _address()
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # of this process, on its terminal
    import ray
    from ray import data  # noqa: F401 - makes the log that is to be silent

    for handler in logging.getLogger("ray.data").handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setLevel(logging.CRITICAL + 1)
    # Ray tells of ended processes by print, where our result goes.
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        _connect(address)
        try:
            with _watched(ray.get_runtime_context().gcs_address):
                yield
        finally:
            ray.shutdown()


def _connect(address: str) -> None:
    """Connect with a cluster, or start one; what signals do stays as it is.

    Raises:
        InputError: there is none.
    """
    import ray

    own = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with hidden_native_log():
            ray.init(address, logging_level=logging.CRITICAL, log_to_driver=False)
    except Exception as error:  # noqa: BLE001 - what does not start raises no other one
        raise _no_cluster(address, error) from error
    finally:
        for number, handler in own.items():
            signal.signal(number, handler)


def _address() -> str:
    """Return where the cluster is; without `RAY_ADDRESS`, one is to be started.

    Raises:
        InputError: nothing answers there, which Ray would find out after a quarter of an hour.
    """
    address = os.environ.get("RAY_ADDRESS") or "local"
    port = address.rpartition(":")[2]
    if "://" in address:
        raise InputError(
            "expected RAY_ADDRESS as HOST:PORT of the head of a cluster, usually port 6379, "
            f"received '{address}'; run the command on a machine of the cluster"
        )
    if port.isdecimal():
        try:
            _reach(address)
        except OSError as error:
            raise _no_cluster(address, error) from error
    return address


def _reach(address: str) -> None:
    host, _, port = address.rpartition(":")
    socket.create_connection((host.strip("[]"), int(port)), ANSWER_S).close()


@contextmanager
def _watched(address: str) -> Iterator[None]:
    """Tell it if the head of the cluster is gone: Ray ends this process then, without a word."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(ANSWER_S):
            try:
                _reach(address)
            except OSError as error:
                LOGGER.error(
                    "error: expected the head of the Ray cluster, %s, to answer, received '%s'; if "
                    "it does not come back, Ray ends this command within a minute; what was read "
                    "is kept, and the same command goes on with it", address, error,
                )  # fmt: skip
                return

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        done.set()


def _no_cluster(address: str, error: Exception) -> InputError:
    reason = " ".join(str(error).split())
    if address == "local":
        return InputError(
            f"expected Ray to start on this machine, received '{reason}'; its logs say why, and "
            "RAY_ADDRESS leads to a cluster that runs already"
        )
    return InputError(
        f"expected a Ray cluster at {address}, received '{reason}'; start it, correct RAY_ADDRESS, "
        "or leave that out for a cluster of this machine's cores"
    )


def _lost(images: list[str], parts: list[Part]) -> InputError:
    """Return what to say of parts that no process came to the end of."""
    first, last = (images[place] for place in (parts[0].places[0], parts[0].places[-1]))
    others = f", and {counted(len(parts) - 1, 'other part')}" if parts[1:] else ""
    return InputError(
        f"expected all images to be read, received none from {first} to {last}{others}: reading "
        f"them failed, or their processes ended {MAX_RETRIES + 1} times; the logs of Ray say why, "
        "and the same command goes on with them"
    )
