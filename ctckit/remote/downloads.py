"""Download one file over https, whole or not at all, or find out soon that it cannot be had."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from ctckit.errors import InputError
from ctckit.files import replace_atomically
from ctckit.log import LOGGER, progress

CHUNK_BYTES = 1 << 16
Response = Any  # of requests, which is loaded when it is needed
ALLOWED = ("https://",)  # how an address begins, also one that is redirected to
HEADERS = {"Accept-Encoding": "identity"}  # what is packed is limited and unpacked by who knows it
NO_HEADERS: Mapping[str, str] = MappingProxyType({})

Result = TypeVar("Result")


def download(url: str, file: Path, *, deadline_s: float, limit_s: float, limit_bytes: int) -> bool:
    """Write what `url` serves to `file`; return False, and log why, if that is not possible.

    What was begun and not ended leaves no file, so that it can be begun again.

    Args:
        url: https; the proxies of the environment are used.
        file: to write, whole or not at all.
        deadline_s: seconds to wait for an answer; also the longest pause within the download.
        limit_s: seconds that the whole may take.
        limit_bytes: that it may have; it is given up at the first one more.

    Raises:
        InputError: `file` cannot be written.
    """
    LOGGER.info("Downloading %s", url)
    ends_at = time.monotonic() + limit_s
    try:
        response = within(deadline_s, lambda: answer(url, deadline_s))
        with response, replace_atomically(file) as temporary, temporary.open("wb") as target:
            for piece in _pieces(response, limit_bytes, ends_at):
                target.write(piece)
    except InputError:
        raise
    except (OSError, ValueError) as error:  # ValueError: the setting of a proxy is no address
        LOGGER.info("The download failed: %s", error)
        return False
    return True


def answer(
    url: str, deadline_s: float, headers: Mapping[str, str] = NO_HEADERS, *, method: str = "GET"
) -> Response:
    """Return the answer of a server, its content yet to be read.

    Args:
        url: https.
        deadline_s: seconds that connecting, and each pause, may take.
        headers: of the request, besides `HEADERS`.
        method: of the request.

    Raises:
        OSError: there is none, or another than success, or a server on the way is not `ALLOWED`.
        ValueError: what is set as proxy is no address.
    """
    from requests import Session
    from requests.adapters import HTTPAdapter

    session = Session()
    session.adapters.clear()  # what no adapter takes is refused, a redirection like an address
    for beginning in ALLOWED:
        session.mount(beginning, HTTPAdapter())
    session.hooks["response"].append(_leave_unread)
    response = session.request(
        method, url, headers={**HEADERS, **headers}, timeout=deadline_s, stream=True
    )
    response.raise_for_status()
    return response


def _leave_unread(response: Response, **_: Any) -> None:
    """Close an answer that leads elsewhere: all that comes with it would be read, without limit."""
    if response.is_redirect:
        response.raw.close()


def _pieces(response: Response, limit_bytes: int, ends_at: float) -> Iterator[bytes]:
    """Yield the content as it comes in.

    Raises:
        OSError: it breaks off, pauses for too long, or is too much for the limits.
    """
    from urllib3.exceptions import HTTPError

    stated = response.headers.get("Content-Length", "")
    number = int(stated) if stated.isdecimal() else 0
    _require_few(number, limit_bytes)
    received = 0
    try:
        with progress((), "download", total=number or None, unit="B") as bar:
            # `read` would wait for all of a chunk, however slowly it drips.
            while piece := response.raw.read1(CHUNK_BYTES, decode_content=False):
                received += len(piece)
                _require_few(received, limit_bytes)
                if time.monotonic() > ends_at:
                    raise TimeoutError(f"not done in time, after {received:,} bytes")
                bar.update(len(piece))
                yield piece
    except HTTPError as error:
        raise OSError(str(error)) from error


def _require_few(number: int, limit_bytes: int) -> None:
    if number > limit_bytes:
        raise OSError(f"expected {limit_bytes:,} bytes at most, received more")


def within(deadline_s: float, do: Callable[[], Result]) -> Result:
    """Return what `do` returns, if it does so within `deadline_s` seconds.

    No timeout covers the lookup of a server's name, nor headers that come one by one; hence the
    thread, which is left behind when time is up.

    Raises:
        OSError: time is up, or what `do` raises.
        ValueError: `do` raises it.
    """
    results: list[Result] = []
    errors: list[Exception] = [TimeoutError(f"no answer within {deadline_s:g} seconds")]

    def try_it() -> None:
        try:
            results.append(do())
        except (OSError, ValueError) as error:
            errors.append(error)

    thread = threading.Thread(target=try_it, daemon=True)
    thread.start()
    thread.join(deadline_s)
    if results:
        return results[0]
    raise errors[-1]
