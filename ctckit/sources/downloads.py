"""Download one file, or find out soon that it cannot be reached."""

import socket
import threading
from pathlib import Path
from urllib.parse import urlsplit

from ctckit.log import LOGGER, progress

CHUNK_BYTES = 1 << 16
PORTS = {"http": 80, "https": 443}


def download(url: str, file: Path, *, deadline_s: float) -> bool:
    """Write what `url` serves to `file`; return False, and log why, if that is not possible.

    Args:
        url: http or https; the proxies of the environment are used.
        file: to write.
        deadline_s: seconds to wait for the server; also the longest pause within the download.
    """
    from pooch import HTTPDownloader

    LOGGER.info("Downloading %s", url)
    try:
        _connect(url, deadline_s)
        with progress((), "download", total=1, unit="B") as bar:
            load = HTTPDownloader(progressbar=bar, chunk_size=CHUNK_BYTES, timeout=deadline_s)
            load(url, str(file), None)
    except (OSError, ValueError) as error:  # ValueError: the setting of a proxy is no address
        LOGGER.info("The download failed: %s", error)
        return False
    return True


def _connect(url: str, deadline_s: float) -> None:
    """Find out within `deadline_s` seconds whether the server of `url` can be reached.

    The timeout of a download does not cover the lookup of the server's name, which can block for
    much longer; hence the thread, which is left behind when time is up.

    Raises:
        OSError: It cannot be reached.
        ValueError: What is set as proxy is no address.
    """
    late = TimeoutError(f"no answer within {deadline_s:g} seconds")
    outcome: list[Exception | None] = [late]

    def try_it() -> None:
        try:
            socket.create_connection(_first_hop(url), deadline_s).close()
            outcome[0] = None
        except (OSError, ValueError) as error:
            outcome[0] = error

    thread = threading.Thread(target=try_it, daemon=True)
    thread.start()
    thread.join(deadline_s)
    if (failure := outcome[0]) is not None:
        raise failure


def _first_hop(url: str) -> tuple[str | None, int]:
    """Return host and port of the server of `url`, or of the proxy on the way to it."""
    from requests.utils import get_environ_proxies, prepend_scheme_if_needed, select_proxy

    proxy = select_proxy(url, get_environ_proxies(url))
    hop = urlsplit(prepend_scheme_if_needed(proxy, "http") if proxy else url)
    return hop.hostname, hop.port or PORTS.get(hop.scheme, 1080)
