"""Which machines train together, as the environment variable TF_CONFIG says.

Source: https://www.tensorflow.org/guide/distributed_training#TF_CONFIG; Kubernetes operators and
cloud services set it.
"""

import json
import os
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass

from ctckit.errors import InputError
from ctckit.log import LOGGER

VARIABLE = "TF_CONFIG"
PATIENCE_S = 300  # for a worker that has not come yet
QUIET_S = 3  # before it is said that one is waited for
PROBE_S = 5  # within which a worker that lives can be reached
EXAMPLE = (
    '{"cluster": {"worker": ["host-a:2222", "host-b:2222"]}, "task": '
    '{"type": "worker", "index": 0}}'
)


@dataclass(frozen=True)
class Workers:
    """The processes that train together, one on each machine.

    Attributes:
        addresses: host:port of each, the same in all of them.
        index: which of them this process is, counted from 0.
    """

    addresses: tuple[str, ...]
    index: int

    @property
    def is_first(self) -> bool:
        """Whether this is the one that logs, writes the files and judges the result."""
        return self.index == 0

    @property
    def num_on_this_machine(self) -> int:
        """How many of them have the host of this one, itself counted."""
        hosts = [_host_and_port(address)[0] for address in self.addresses]
        return hosts.count(hosts[self.index])

    def named(self, places: Sequence[int]) -> str:
        """Return how some of them are called in messages."""
        return ", ".join(f"worker {place} ({self.addresses[place]})" for place in places)

    def missing(self) -> list[int]:
        """Return those that cannot be reached now."""
        places = range(len(self.addresses))
        return [place for place in places if not _answers(self.addresses[place])]

    def meet(self) -> None:
        """Wait until all of them are there: TensorFlow would wait without end, and say nothing.

        Raises:
            InputError: some do not come within five minutes, or this one's port is taken.
        """
        began, said = time.monotonic(), False
        with _listening(self.addresses[self.index]):
            while missing := self.missing():
                waited_s = time.monotonic() - began
                if waited_s >= PATIENCE_S:
                    raise InputError(
                        f"expected {len(self.addresses)} workers, received none at "
                        f"{self.named(missing)} within {PATIENCE_S:.0f} s; start it there with the "
                        f"same {VARIABLE}, and see that its port can be reached from here"
                    )
                if waited_s >= QUIET_S and not said:
                    LOGGER.info("waiting for %s", self.named(missing))
                    said = True
                time.sleep(0.2)


ALONE = Workers(("",), 0)


def workers() -> Workers:
    """Return who trains together; `ALONE` where TF_CONFIG is not set or names one worker.

    Raises:
        InputError: TF_CONFIG cannot be understood.
    """
    text = os.environ.get(VARIABLE, "").strip()
    if not text:
        return ALONE
    try:
        settings = json.loads(text)
        cluster = settings.get("cluster") or {}
        task = settings.get("task") or {}
        others = sorted(set(cluster) - {"chief", "worker"})
        chiefs, rest = list(cluster.get("chief", ())), list(cluster.get("worker", ()))
        kind, index = task.get("type", "worker"), int(task.get("index", 0))
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise _refused(f"{error} in {text[:100]!r}") from None
    addresses = chiefs + rest
    if not addresses:
        return ALONE
    if others or kind not in ("chief", "worker"):
        raise _refused(f"tasks of the kind {(others or [kind])[0]!r}, of which there are none here")
    wrong = [one for one in addresses if not _is_address(one)]
    if wrong:
        raise _refused(f"{wrong[0]!r} instead of an address host:port")
    if len(set(addresses)) < len(addresses):
        raise _refused("the same address twice")
    own = chiefs if kind == "chief" else rest
    if not 0 <= index < len(own):
        raise _refused(f"{kind} {index} of {len(own)}")
    if len(addresses) == 1:
        return ALONE
    return Workers(tuple(addresses), index + (len(chiefs) if kind == "worker" else 0))


def is_first_worker() -> bool:
    """Tell whether this process, alone or first, writes the files of a run and judges it."""
    return workers().is_first


def _listening(address: str) -> socket.socket:
    """Return a socket that answers the others until TensorFlow does."""
    _, port = _host_and_port(address)
    try:
        return socket.create_server(("", port))
    except OSError as error:
        raise InputError(
            f"expected port {port} to be free for this worker, received: {error.strerror}; end "
            f"what uses it, or give another one in {VARIABLE} on every machine"
        ) from error


def _answers(address: str) -> bool:
    try:
        socket.create_connection(_host_and_port(address), timeout=PROBE_S).close()
    except OSError:
        return False
    return True


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def _is_address(text: object) -> bool:
    host, _, port = str(text).rpartition(":")
    return isinstance(text, str) and bool(host) and port.isdigit() and 0 < int(port) < 65536


def _refused(what: str) -> InputError:
    return InputError(
        f"expected in {VARIABLE} something like {EXAMPLE}, received {what}; set it so on every "
        "machine, the index of its own, or unset it"
    )
