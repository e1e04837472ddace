"""Ask for a token, as plain ASGI middleware."""

from collections.abc import Collection
from hmac import compare_digest

from ctckit.errors import InputError
from ctckit.serve.guard import App, Receive, Scope, Send, header_values, refuse


class Bearer:
    """Pass on requests that bring a token: `Authorization: Bearer TOKEN`.

    Args:
        app: what they are passed on to.
        token: that they must bring.
        open_paths: that are answered without; one that ends in * stands for all below it.
    """

    def __init__(self, app: App, token: str, open_paths: Collection[str] = ()) -> None:
        self.app = app
        self._open = {path for path in open_paths if not path.endswith("*")}
        self._open_below = tuple(path[:-1] for path in open_paths if path.endswith("*"))
        self._expected = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it with 401."""
        if (
            scope["type"] in ("http", "websocket")
            and not self._is_open(scope["path"])
            and not self._brings_token(scope)
        ):
            reason = "expected the header Authorization: Bearer TOKEN, received none or another one"
            await refuse(scope, send, 401, reason, [("www-authenticate", "Bearer")])
        else:
            await self.app(scope, receive, send)

    def _is_open(self, path: str) -> bool:
        return path in self._open or path.startswith(self._open_below)

    def _brings_token(self, scope: Scope) -> bool:
        values = header_values(scope, b"authorization")
        scheme, _, token = values[0].partition(" ") if len(values) == 1 else ("", "", "")
        same = compare_digest(token.strip().encode("latin-1"), self._expected)
        return same and scheme.lower() == "bearer"


def require_token(token: str) -> None:
    """Refuse what cannot stand in a header, or would be no secret.

    Raises:
        InputError: it is empty, or has blanks or other characters than printable ASCII.
    """
    if not (token.isascii() and token.isprintable()):
        raise InputError("expected printable ASCII characters, received others", argument="token")
    if not token or " " in token:
        raise InputError("expected a token without blanks, received none, or one with blanks",
                         argument="token")  # fmt: skip
