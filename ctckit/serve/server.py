"""Listen, answer, and end on SIGTERM when every request that has arrived is answered."""

import asyncio
import gc
import ipaddress
import logging
import signal
import socket

import uvicorn

from ctckit.errors import InputError
from ctckit.log import LOGGER
from ctckit.serve.guard import App
from ctckit.serve.patience import LOOK_S, LOOKS, PatientProtocol

GRACE_S = 29  # for the last answers
IDLE_S = 20  # that a connection may be idle; proxies expect more than their own 15
MAX_CONNECTIONS = 1024
BACKLOG = 1024


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach `host`.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens; port 0 takes a free one.

    Raises:
        InputError: another program has the port, or there is no such address here.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"expected an address and a port that are free here, received {host} and {port}: "
            f"'{reason}'; choose others with --host and --port"
        ) from error


def run(app: App, listening: socket.socket, said: str = "described at /docs") -> None:
    """Answer requests until SIGTERM or Ctrl-C, and then those that have arrived.

    Args:
        app: what answers.
        listening: where they come from.
        said: what to know of the address besides.
    """
    _log_as_we_do()
    server = make_server(app)

    def end(*_: object) -> None:
        server.should_exit = True

    # Uvicorn has handlers of its own, but not from the beginning, and raises the signals again
    # when it has ended.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    LOGGER.info("%s  %s; Ctrl-C ends it", address_of(listening), said)
    gc.freeze()  # no collection of garbage, which holds up whatever waits, looks at what stays
    server.run(sockets=[listening])


def make_server(app: App) -> uvicorn.Server:
    """Return what answers requests, with the limits of connections."""
    return _Server(
        uvicorn.Config(
            app,
            http=PatientProtocol,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=MAX_CONNECTIONS,
            timeout_keep_alive=IDLE_S,
            timeout_graceful_shutdown=GRACE_S,
        )
    )


class _Server(uvicorn.Server):
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End, but take what has reached the socket by now."""
        LOGGER.info("answering what has arrived, then ending")
        for _ in range(LOOKS):
            await asyncio.sleep(LOOK_S / LOOKS)
        await super().shutdown(sockets)


def _log_as_we_do() -> None:
    """Have uvicorn's own lines, warnings and faults, look like all others."""
    logger = logging.getLogger("uvicorn.error")
    logger.handlers = list(LOGGER.handlers)
    logger.setLevel(logging.WARNING)
    logger.propagate = False


def address_of(listening: socket.socket) -> str:
    """Return where a browser finds what a socket offers."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
