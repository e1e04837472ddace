import re
import socket
import subprocess
import sys
import time

import pytest

from ctckit.sources.downloads import download
from tests.sources.serving import closed_url, serving

BODY = b"0123456789" * 30_000


@pytest.fixture
def file(tmp_path):
    return tmp_path / "file.zip"


def test_download(file, log, capfd):
    with serving(file=(200, {}, BODY)) as url:
        assert download(f"{url}/file", file, deadline_s=10)
    assert file.read_bytes() == BODY
    assert log.messages == [f"Downloading {url}/file"]
    assert capfd.readouterr() == ("", ""), "no bar where stderr is no terminal, no other log"


def test_unknown_length(file):
    with serving(file=(200, {"Content-Length": None}, BODY)) as url:
        assert download(f"{url}/file", file, deadline_s=10)
    assert file.read_bytes() == BODY


def test_redirect(file):
    with serving(file=(302, {"Location": "/other"}, b""), other=(200, {}, BODY)) as url:
        assert download(f"{url}/file", file, deadline_s=10)
    assert file.read_bytes() == BODY


FAILURES = [
    ((404, {}, b""), "404"),
    ((500, {}, b""), "500"),
    ((200, {"Content-Length": "99"}, b"broken"), "(?i)connection broken|timed out"),
]


@pytest.mark.parametrize(("answer", "reason"), FAILURES, ids=["not found", "error", "breaks off"])
def test_a_server_that_fails(file, log, answer, reason):
    with serving(file=answer) as url:
        assert not download(f"{url}/file", file, deadline_s=1)
    assert re.search(reason, log.messages[-1])


def test_nobody_answers(file, log):
    assert not download(closed_url(), file, deadline_s=10)
    assert "refused" in log.messages[-1]
    assert not file.exists()


def test_a_slow_server_is_given_up_in_time(file, log):
    started = time.monotonic()
    with serving(file=(200, {}, BODY), pause_s=3) as url:
        assert not download(f"{url}/file", file, deadline_s=0.3)
    assert time.monotonic() - started < 2
    assert "timed out" in log.messages[-1]


def test_a_slow_name_lookup_is_given_up_in_time(file, log, monkeypatch):
    """The timeout of requests does not cover it."""

    def look_up_slowly(*_, **__):
        time.sleep(3)
        raise socket.gaierror("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", look_up_slowly)
    started = time.monotonic()
    assert not download("http://name.invalid/file", file, deadline_s=0.3)
    assert time.monotonic() - started < 2
    assert "no answer within 0.3 seconds" in log.messages[-1]


def test_a_lookup_that_hangs_does_not_keep_the_program_from_ending(file):
    code = (
        "import socket, time\n"
        "from pathlib import Path\n"
        "from ctckit.sources.downloads import download\n"
        "socket.getaddrinfo = lambda *_, **__: time.sleep(60)\n"
        f"assert not download('http://name.invalid/x', Path({str(file)!r}), deadline_s=0.2)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY"])
def test_the_proxy_is_asked_not_the_name_server(file, monkeypatch, name):
    look_up, asked = socket.getaddrinfo, []

    def watch(host, *arguments, **options):
        asked.append(host)
        return look_up(host, *arguments, **options)

    with serving(file=(200, {}, BODY)) as url:
        monkeypatch.setenv(name, url)
        monkeypatch.setattr(socket, "getaddrinfo", watch)
        assert download("http://name.invalid/file", file, deadline_s=10)
    assert file.read_bytes() == BODY
    assert set(asked) == {"127.0.0.1"}


@pytest.mark.parametrize("proxy", [None, "http://127.0.0.1:port", "://", "127.0.0.1:9"])
def test_a_proxy_that_cannot_be_reached(file, log, monkeypatch, proxy):
    monkeypatch.setenv("https_proxy", proxy or closed_url())
    assert not download("https://name.invalid/file", file, deadline_s=5)
    assert log.messages[-1].startswith("The download failed: ")


def test_no_proxy_where_none_is_wanted(file, monkeypatch):
    monkeypatch.setenv("http_proxy", closed_url())
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving(file=(200, {}, BODY)) as url:
        assert download(f"{url}/file", file, deadline_s=10)
