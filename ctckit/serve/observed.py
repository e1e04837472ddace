"""Count requests, name them in the log, and end those that take too long."""

import asyncio
import time
from collections.abc import Sequence

from ctckit.errors import InputError
from ctckit.log import LOGGER
from ctckit.serve.guard import App, Message, Receive, Scope, Send, refuse
from ctckit.serve.metrics import Metrics
from ctckit.serve.reading import Found
from ctckit.serve.settings import Settings

OTHER = "other"  # stands in the metrics for all paths that the server does not have


class Observed:
    """Pass requests on, and tell of each what became of it.

    The log names method, path, status and time; what was read only where it was asked for, and
    nothing that a request brought.

    Args:
        app: what they are passed on to.
        metrics: that are told.
        settings: of the server.
    """

    def __init__(self, app: App, metrics: Metrics, settings: Settings) -> None:
        self.app = app
        self._metrics = metrics
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0
        scope.setdefault("state", {})

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            # As long again as a body may take to arrive, see `bodies.whole_body`.
            async with asyncio.timeout(2 * self._settings.time_limit_s):
                await self.app(scope, receive, watched)
        except TimeoutError:
            if status:
                raise
            await refuse(scope, watched, 503, "expected an answer in time, received none yet; "
                         "try again later", [("retry-after", "1")])  # fmt: skip
        finally:
            self._tell(scope, status, time.perf_counter() - began)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        route = scope.get("route")
        self._metrics.tell_request(getattr(route, "path", OTHER), status, seconds)
        log = self._settings.log
        if log == "failures" and 0 < status < 400:
            return
        answers: Sequence[Found | InputError] = scope["state"].get("told", ())
        LOGGER.info(
            "%s %s  %s  %.1f ms%s", scope["method"], scope["path"],
            status or "gone before the answer", seconds * 1000,
            f"  {[_text(answer) for answer in answers]}" if log == "texts" and answers else "",
        )  # fmt: skip


def _text(answer: Found | InputError) -> str:
    return str(answer) if isinstance(answer, InputError) else answer.reading.text
