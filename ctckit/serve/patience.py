"""Connections that do not wait for ever: uvicorn itself knows no limit for slow clients.

Two methods of uvicorn's protocol are extended that it does not promise to keep;
`tests/serve/test_process.py` looks whether they still do what is needed.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADERS_S = 10.0  # for the headers of a request to arrive
MAX_HEADERS = 64 * 1024  # bytes
UNREAD_S = 20.0  # for a client to take what it asked for
LOOKS = 10  # for a request that was sent before the end; a busy machine may skip a single one
LOOK_S = 0.05


class PatientProtocol(HttpToolsProtocol):
    """A connection that is closed if a request does not arrive, or an answer is not taken."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._header_timer: asyncio.TimerHandle | None = None
        self._unread_timer: asyncio.TimerHandle | None = None
        self._header_bytes = 0
        self._is_last = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request."""
        super().connection_made(transport)
        self._wait_for_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        super().connection_lost(exc)
        _cancel(self._header_timer)
        _cancel(self._unread_timer)

    def data_received(self, data: bytes) -> None:
        """Take what arrives, up to the limit of headers while these are not complete."""
        super().data_received(data)
        if self._header_timer is not None and not self.transport.is_closing():
            self._header_bytes += len(data)
            if self._header_bytes > MAX_HEADERS:
                self.send_400_response("Headers too long.")

    def on_message_begin(self) -> None:
        """Wait for the headers of a request that has begun."""
        super().on_message_begin()
        self._wait_for_headers()

    def on_headers_complete(self) -> None:
        """Wait for them no longer."""
        _cancel(self._header_timer)
        self._header_timer = None
        super().on_headers_complete()
        if self._is_last:
            self.cycle.keep_alive = False

    def pause_writing(self) -> None:
        """Wait for a client that does not take its answer."""
        super().pause_writing()
        self._unread_timer = self.loop.call_later(UNREAD_S, self.transport.abort)

    def resume_writing(self) -> None:
        """Wait for it no longer."""
        _cancel(self._unread_timer)
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        """End an idle connection, also where the last answer was never taken."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            super().timeout_keep_alive_handler()

    def shutdown(self) -> None:
        """End the connection: not before a request was answered that has been sent by now."""
        self._is_last = True
        self._shut_down_after(LOOKS)

    def _shut_down_after(self, looks: int) -> None:
        if looks and (self.cycle is None or self.cycle.response_complete):
            self.loop.call_later(LOOK_S, self._shut_down_after, looks - 1)
        else:
            super().shutdown()

    def _wait_for_headers(self) -> None:
        _cancel(self._header_timer)
        self._header_bytes = 0
        self._header_timer = self.loop.call_later(HEADERS_S, self.transport.abort)


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
