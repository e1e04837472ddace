"""Files of servers of the web, by https."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from ctckit.errors import InputError
from ctckit.remote.addresses import Address
from ctckit.remote.downloads import CHUNK_BYTES, Response, answer, within
from ctckit.remote.limits import Limits
from ctckit.remote.packages import require_package
from ctckit.remote.transfer import Answer, Cut

PART = 206  # statuses
NOT_THIS_RANGE = 416
AGAIN = (408, 425, 429)  # statuses by which a server says: later


class WebFile:
    """A file of a server.

    Args:
        address: where it is.
        limits: of time.
    """

    def __init__(self, address: Address, limits: Limits) -> None:
        self._address = address
        self._limits = limits

    def look(self) -> tuple[str, int | None]:
        """Return tag and size of what is there now.

        Raises:
            Cut: it cannot be had now.
            InputError: it is not there, or may not be fetched.
        """
        with self._asked({}, method="HEAD") as response:
            return _tag(response), _number(response.headers.get("Content-Length", ""))

    @contextmanager
    def opened(self, place: int, tag: str) -> Iterator[Answer]:
        """Lend the file from a byte on, if it still has that tag; else all of it.

        Raises:
            Cut: it cannot be had now.
            InputError: it is not there, or may not be fetched.
        """
        headers = {"Range": f"bytes={place}-", "If-Range": tag} if place else {}
        with self._asked(headers) as response:
            is_part = response.status_code == PART
            start, size = _range(response) if is_part else (0, None)
            is_other = is_part and (start != place or _tag(response) not in ("", tag))
            if place and (is_other or response.status_code == NOT_THIS_RANGE):
                with self.opened(0, "") as whole:
                    yield whole
                return
            size = size if is_part else _number(response.headers.get("Content-Length", ""))
            yield Answer(place if is_part else 0, size, _tag(response), _pieces(response))

    @contextmanager
    def _asked(self, headers: dict[str, str], method: str = "GET") -> Iterator[Response]:
        require_package("requests", self._address)
        from requests import exceptions

        pause_s = self._limits.pause_s
        try:
            response = within(
                pause_s, lambda: answer(self._address.url, pause_s, headers, method=method)
            )
        except exceptions.HTTPError as error:
            response = error.response
            if response is None or response.status_code != NOT_THIS_RANGE:
                self._refuse(response)
        except exceptions.SSLError as error:
            raise self._unusable(error) from error
        except (exceptions.ConnectionError, exceptions.Timeout, TimeoutError) as error:
            raise Cut(_reason(error)) from error
        except (exceptions.RequestException, ValueError) as error:
            raise self._unusable(error) from error
        except OSError as error:
            raise Cut(_reason(error)) from error
        with response:
            yield response

    def _unusable(self, error: Exception) -> InputError:
        return InputError(
            f"expected {self._address} by https, received '{_reason(error)}'; correct the address, "
            "or fetch the file yourself"
        )

    def _refuse(self, response: Response) -> NoReturn:
        response.close()
        status = response.status_code
        said = f"{status} {response.reason}".strip()
        if status >= 500 or status in AGAIN:
            raise Cut(said)
        may_not = status in (401, 403, 407)
        what_to_do = (
            "get the right to it (a password goes into ~/.netrc)" if may_not else "correct it"
        )
        raise InputError(
            f"expected the file {self._address}, received '{said}'; {what_to_do}"
        ) from None


def _pieces(response: Response) -> Iterator[bytes]:
    from urllib3.exceptions import HTTPError

    try:
        while piece := response.raw.read1(CHUNK_BYTES, decode_content=False):
            yield piece
    except (HTTPError, OSError) as error:
        raise Cut(_reason(error)) from error


def _tag(response: Response) -> str:
    """Return what the server tells this content from others by; "" where that is not certain."""
    tag = response.headers.get("ETag", "")
    if tag and not tag.startswith("W/"):
        return str(tag)
    return str(response.headers.get("Last-Modified", ""))


def _range(response: Response) -> tuple[int | None, int | None]:
    """Return the first byte of an answer with a part, and the size of the whole; None: unknown."""
    unit, _, rest = response.headers.get("Content-Range", "").partition(" ")
    places, _, size = rest.partition("/")
    start = _number(places.partition("-")[0])
    return (start, _number(size)) if unit == "bytes" else (None, None)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() else None


def _reason(error: Exception) -> str:
    """Return the innermost reason: the outer ones name classes and addresses."""
    reason: object = error
    while inner := getattr(reason, "reason", None) or next(
        (one for one in getattr(reason, "args", ()) if isinstance(one, Exception)), None
    ):
        reason = inner
    return " ".join(str(reason).split()) or type(error).__name__
