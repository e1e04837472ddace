import gzip
import re
import socket
import subprocess
import sys
import time

import pytest

from ctckit.errors import InputError
from ctckit.log import LOGGER
from ctckit.remote import downloads
from tests.sources.serving import closed_url, serving

BODY = b"0123456789" * 30_000


LIMITS = {"deadline_s": 10, "limit_s": 60, "limit_bytes": 1 << 20}


def download(url, file, **limits):
    return downloads.download(url, file, **(LIMITS | limits))


@pytest.fixture
def file(tmp_path):
    return tmp_path / "file.zip"


def test_download(file, log, capfd, monkeypatch):
    monkeypatch.setattr(LOGGER, "handlers", [])  # whatever ran before in this process
    monkeypatch.setattr(LOGGER, "propagate", True)
    with serving(file=(200, {}, BODY)) as url:
        assert download(f"{url}/file", file)
    assert file.read_bytes() == BODY
    assert log.messages == [f"Downloading {url}/file"]
    assert capfd.readouterr() == ("", ""), "no bar where stderr is no terminal, no other log"


def test_unknown_length(file):
    with serving(file=(200, {"Content-Length": None}, BODY)) as url:
        assert download(f"{url}/file", file)
    assert file.read_bytes() == BODY


def test_redirect(file):
    with serving(file=(302, {"Location": "/other"}, b""), other=(200, {}, BODY)) as url:
        assert download(f"{url}/file", file)
    assert file.read_bytes() == BODY


def drip(number, pause_s):
    for _ in range(number):
        time.sleep(pause_s)
        yield b"x"


def sized(number):
    return {"Content-Length": str(number)}


FAILURES = {
    "not found": ((404, {}, b""), {}, "404"),
    "error": ((500, {}, b"x" * 100), {}, "500"),
    "breaks off": ((200, sized(99), b"broken"), {}, "(?i)incomplete|connection broken|timed out"),
    "breaks off at once": ((200, sized(99), b""), {}, "(?i)incomplete|connection broken"),
    "stalls": (
        (200, sized(9), (time.sleep(s) or b"x" for s in (0, 3))), {"deadline_s": 0.3}, "timed out"
    ),
    "drips": ((200, sized(99), drip(99, 0.05)), {"limit_s": 0.2}, "not done in time, after"),
    "says it is large": ((200, {}, b"x" * 100), {"limit_bytes": 99}, "99 bytes at most"),
    "is large": (
        (200, {"Content-Length": None}, b"x" * 100), {"limit_bytes": 99}, "99 bytes at most"
    ),
    "is redirected for ever": ((302, {"Location": "/file"}, b""), {}, "redirects"),
    "is redirected to a file": ((302, {"Location": "file:///etc/hosts"}, b""), {}, "adapters"),
    "is redirected to nothing": ((302, {"Location": "http://"}, b""), {}, "."),
    "makes no sense": ((200, {"Transfer-Encoding": "chunked"}, b"no chunk\r\n"), {}, "."),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "limits", "reason"), FAILURES.values(), ids=FAILURES)
def test_a_server_that_fails_leaves_nothing_and_is_asked_again(file, log, answer, limits, reason):
    with serving(file=answer) as url:
        assert not download(f"{url}/file", file, **limits)
    assert re.search(reason, log.messages[-1].removeprefix("The download failed: "))
    assert not list(file.parent.iterdir())
    with serving(file=(200, {}, BODY)) as url:
        assert download(f"{url}/file", file)
    assert file.read_bytes() == BODY


def test_https_is_not_left(file, log, monkeypatch):
    """A server that may be asked leads to one that may not."""
    asked = []
    with (
        serving(asked=asked, file=(200, {}, BODY)) as other,
        serving(file=(302, {"Location": f"{other}/file"}, b"")) as url,
    ):
        monkeypatch.setattr(downloads, "ALLOWED", ("https://", url))
        assert not download(f"{url}/file", file)
        assert not download(f"{other}/file", file)
        assert not asked and not file.exists()
        assert log.messages[-1].startswith("The download failed: No connection adapters")
        monkeypatch.setattr(downloads, "ALLOWED", ("https://", url, other))
        assert download(f"{url}/file", file)
    assert asked == ["file"]


def test_only_https_is_followed():
    code = "from ctckit.remote.downloads import ALLOWED\nassert ALLOWED == ('https://',)\n"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_what_comes_with_a_redirection_is_not_read(file):
    sent = []

    def endless():
        for number in range(2000):
            sent.append(number)
            yield bytes(1 << 16)

    answer = (302, {"Location": "/other", "Content-Length": None}, endless())
    with serving(file=answer, other=(200, {}, BODY)) as url:
        assert download(f"{url}/file", file)
    assert file.read_bytes() == BODY
    assert len(sent) < 2000


def test_what_is_packed_stays_packed(file):
    """A few packed bytes can stand for gigabytes: they are counted, and written, as they came."""
    packed = gzip.compress(BODY)
    with serving(file=(200, {"Content-Encoding": "gzip"}, packed)) as url:
        assert download(f"{url}/file", file, limit_bytes=len(packed))
    assert file.read_bytes() == packed


def test_a_place_that_cannot_be_written_to_is_no_failure_of_the_network(tmp_path):
    (tmp_path / "taken").write_text("")
    with (
        serving(file=(200, {}, BODY)) as url,
        pytest.raises(InputError, match="a place to write to"),
    ):
        download(f"{url}/file", tmp_path / "taken" / "file.zip")


def test_nobody_answers(file, log):
    assert not download(closed_url(), file)
    assert "refused" in log.messages[-1]
    assert not file.exists()


def test_a_slow_server_is_given_up_in_time(file, log):
    started = time.monotonic()
    with serving(file=(200, {}, BODY), pause_s=3) as url:
        assert not download(f"{url}/file", file, deadline_s=0.3)
    assert time.monotonic() - started < 2
    assert re.search("timed out|no answer within 0.3 seconds", log.messages[-1])


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
        "from ctckit.remote.downloads import download\n"
        "socket.getaddrinfo = lambda *_, **__: time.sleep(60)\n"
        f"assert not download('https://name.invalid/x', Path({str(file)!r}), deadline_s=0.2, "
        "limit_s=1, limit_bytes=1)\n"
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
        assert download("http://name.invalid/file", file)
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
        assert download(f"{url}/file", file)
