"""Keep web pages of others from a server on this machine, as plain ASGI middleware.

A browser lets any page send requests to http://127.0.0.1. Two headers, which no page can set, tell
them from requests of one's own:

- `Host`: a page that had its own name point to this machine (DNS rebinding) still sends that name.
  An address, or localhost, cannot be made to point elsewhere.
- `Origin`: what a page sends from another site has that site in it.
"""

import ipaddress
import json
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")  # that change nothing, and whose answers no page can read


class Guard:
    """Pass on requests that come from no page of another site.

    Args:
        app: what they are passed on to.
        allowed_hosts: names by which the server may be called, besides localhost and addresses.
    """

    def __init__(self, app: App, allowed_hosts: Collection[str] = ()) -> None:
        self.app = app
        self.allowed_hosts = {"localhost", *(name.lower() for name in allowed_hosts)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it with 403."""
        if scope["type"] in ("http", "websocket") and (reason := self._objection(scope)):
            await refuse(scope, send, 403, reason)
        else:
            await self.app(scope, receive, send)

    def _objection(self, scope: Scope) -> str | None:
        """Return why a request is refused; None if it is not."""
        hosts = header_values(scope, b"host")
        if len(hosts) != 1 or not self._is_allowed(hosts[0]):
            return (
                "expected a Host of localhost, an address, or a name that the server was told, "
                "received another; call it by its address, or start it with --allow-host NAME"
            )
        origins = header_values(scope, b"origin")
        sites = header_values(scope, b"sec-fetch-site")
        is_safe = scope.get("method") in SAFE_METHODS
        foreign = any(_place(origin) != hosts[0].lower() for origin in origins)
        if foreign or (not is_safe and set(sites) & {"cross-site", "same-site"}):
            return (
                "expected a request of no web page, or of a page of this server, received one of "
                "another site; send it from a program"
            )
        return None

    def _is_allowed(self, host: str) -> bool:
        name = _without_port(host.lower())
        return name in self.allowed_hosts or _is_address(name)


async def refuse(
    scope: Scope, send: Send, status: int, reason: str, headers: Collection[tuple[str, str]] = ()
) -> None:
    """Answer a request with an error, without reading its body; close a websocket."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": ""})
        return
    body = json.dumps({"error": reason}, ensure_ascii=False).encode()
    everything = {
        "content-type": "application/json",
        "content-length": str(len(body)),
        "connection": "close",
        **dict(headers),
    }
    raw = [(name.encode(), value.encode()) for name, value in everything.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


def header_values(scope: Scope, name: bytes) -> list[str]:
    """Return the values of a header, in lower case `name`; most have one or none."""
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def _without_port(host: str) -> str:
    """Return a host as it stands in a URL without port and brackets.

    >>> _without_port("[::1]:8000"), _without_port("localhost:8000"), _without_port("127.0.0.1")
    ('::1', 'localhost', '127.0.0.1')
    """
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if host.count(":") == 1 else host


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _place(origin: str) -> str:
    """Return host and port of an Origin such as http://localhost:8000."""
    return origin.lower().partition("://")[2]
