"""A server on this machine for the tests of downloads; nothing reaches further."""

import http.server
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

# Status, headers (None: without it), and the body, or its pieces, which come one by one.
Answer = tuple[int, dict[str, str | None], bytes | Iterable[bytes]]


@contextmanager
def serving(
    *, pause_s: float = 0.0, asked: list[str] | None = None, **answers: Answer
) -> Iterator[str]:
    """Serve `answers` by name, each after a pause; yield the URL that they lie below.

    What was asked for is added to `asked`.
    """

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802
            name = self.path.strip("/").rpartition("/")[2]
            if asked is not None:
                asked.append(name)
            time.sleep(pause_s)
            status, headers, body = answers[name]
            length = {"Content-Length": str(len(body))} if isinstance(body, bytes) else {}
            self.send_response(status)
            for name, value in (length | headers).items():
                if value is not None:
                    self.send_header(name, value)
            self.end_headers()
            with suppress(ConnectionError):  # given up by then
                for piece in [body] if isinstance(body, bytes) else body:
                    self.wfile.write(piece)

        def log_message(self, *_) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def closed_url() -> str:
    """Return an address of this machine where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"
