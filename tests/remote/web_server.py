"""A server of this machine that knows ranges, and that cuts connections where it is told to."""

import http.server
import threading
import time
from contextlib import suppress
from hashlib import sha256
from typing import Self


class WebServer:
    """Serve `files` by path and query.

    Attributes:
        url: what they lie below.
        files: what is served.
        asked: the headers of every GET.
        cut_at: bytes of the file at which answers end, one answer each.
        pause_at: a byte behind which all is slow.
        salt: what else the ETag is made of.
        status: of every answer, if it is not usual.
    """

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.asked: list[dict[str, str]] = []
        self.cut_at: list[int] = []
        self.pause_at: int | None = None
        self.knows_ranges = self.tells_tag = True
        self.salt = ""
        self.status: int | None = None
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # noqa: N802
                outer.asked.append(dict(self.headers.items()))
                with suppress(ConnectionError):
                    outer._answer(self)

            def do_HEAD(self) -> None:  # noqa: N802
                outer._answer(self, body=False)

            def log_message(self, *_) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def tag(self, path: str) -> str:
        return f'"{sha256(self.files[path] + self.salt.encode()).hexdigest()[:16]}"'

    def _answer(self, handler: http.server.BaseHTTPRequestHandler, *, body: bool = True) -> None:
        content = self.files.get(handler.path)
        if self.status or content is None:
            handler.send_response(self.status or 404)
            handler.end_headers()
            return
        tag = self.tag(handler.path)
        start = int(handler.headers.get("Range", "bytes=0-")[6:-1])
        is_same = handler.headers.get("If-Range") in (None, tag)
        if not (self.knows_ranges and is_same):
            start = 0
        handler.send_response(206 if start else 200)
        if start:
            place = f"bytes {start}-{len(content) - 1}/{len(content)}"
            handler.send_header("Content-Range", place)
        if self.tells_tag:
            handler.send_header("ETag", tag)
        handler.send_header("Content-Length", str(len(content) - start))
        handler.end_headers()
        if body:
            end = self.cut_at.pop(0) if self.cut_at else len(content)
            self._send(handler, content[:end], start)

    def _send(self, handler: http.server.BaseHTTPRequestHandler, content: bytes, at: int) -> None:
        for place in range(at, len(content), 1 << 15):
            if self.pause_at is not None and place > self.pause_at:
                time.sleep(0.2)
            handler.wfile.write(content[place : place + (1 << 15)])
        handler.close_connection = True
