import http.server
import logging
import shutil
import socket
import threading
import time

import pytest

from ctckit.errors import InputError
from ctckit.sources import captchas as download
from ctckit.sources.captchas import default_dataset, fetch_captcha_images
from tests.drawing import draw_folder

COUNT = 5


@pytest.fixture
def archive(tmp_path):
    draw_folder(tmp_path / "captcha_images_v2", count=COUNT)
    shutil.make_archive(str(tmp_path / "set"), "zip", tmp_path, "captcha_images_v2")
    return (tmp_path / "set.zip").read_bytes()


@pytest.fixture
def serve():
    """Serve one answer on this machine: `serve(body, length=…, status=…)` returns its URL."""
    servers = []

    def start(body, *, length=None, status=200, pause_s=0.0):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):  # noqa: N802
                time.sleep(pause_s)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body) if length is None else length))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/set.zip"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def closed_url():
    """An address of this machine where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return f"http://127.0.0.1:{port}/set.zip"


@pytest.fixture
def datasets(tmp_path):
    return tmp_path / "Datasets"


def test_download_unpacks_into_the_folder(serve, archive, datasets):
    folder = fetch_captcha_images(datasets, url=serve(archive), num_images=COUNT)
    assert folder == datasets / "captcha_images_v2"
    assert len(list(folder.glob("*.png"))) == COUNT
    assert list(datasets.iterdir()) == [folder]


def test_present_folder_is_used_without_a_download(archive, tmp_path, closed_url):
    folder = fetch_captcha_images(tmp_path, url=closed_url, num_images=COUNT)
    assert folder == tmp_path / "captcha_images_v2"


def test_unpacked_one_level_too_deep_is_fine(archive, tmp_path, datasets, closed_url):
    shutil.copytree(tmp_path / "captcha_images_v2", datasets / "captcha_images_v2" / "inner")
    assert fetch_captcha_images(datasets, url=closed_url, num_images=COUNT)


def test_present_folder_with_another_number_of_images(archive, tmp_path, closed_url):
    with pytest.raises(InputError, match=f"expected 7 images in .*v2, found {COUNT}; remove it"):
        fetch_captcha_images(tmp_path, url=closed_url, num_images=7)


def test_download_with_another_number_of_images_leaves_nothing(serve, archive, datasets):
    with pytest.raises(InputError, match=f"7 images in the download of http.*, found {COUNT}; try"):
        fetch_captcha_images(datasets, url=serve(archive), num_images=7)
    assert not list(datasets.iterdir())


def test_download_that_is_no_zip_leaves_nothing(serve, datasets):
    with pytest.raises(
        InputError, match="download of http.* is damaged, try again: expected a zip"
    ):
        fetch_captcha_images(datasets, url=serve(b"<html>please log in</html>"))
    assert not list(datasets.iterdir())


def test_nobody_answers(closed_url, datasets, caplog):
    with caplog.at_level(logging.INFO, "ctckit"):
        assert fetch_captcha_images(datasets, url=closed_url) is None
    assert "refused" in caplog.messages[-1]
    assert not datasets.exists()


@pytest.mark.parametrize("status", [404, 500])
def test_server_refuses(serve, datasets, status):
    assert fetch_captcha_images(datasets, url=serve(b"", status=status)) is None


def test_connection_breaks(serve, archive, datasets, caplog):
    url = serve(archive[:100], length=len(archive))
    with caplog.at_level(logging.INFO, "ctckit"):
        assert fetch_captcha_images(datasets, url=url, deadline_s=1.0) is None
    assert not datasets.exists()


def test_slow_server_is_given_up_in_time(serve, archive, datasets, caplog):
    started = time.monotonic()
    with caplog.at_level(logging.INFO, "ctckit"):
        url = serve(archive, pause_s=3.0)
        assert fetch_captcha_images(datasets, url=url, deadline_s=0.3) is None
    assert time.monotonic() - started < 2
    assert "0.3 seconds" in caplog.messages[-1] or "timed out" in caplog.messages[-1]


def test_slow_name_lookup_is_given_up_in_time(datasets, monkeypatch):
    """The timeout of urllib does not cover it."""

    def look_up_slowly(*_, **__):
        time.sleep(3)
        raise socket.gaierror("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", look_up_slowly)
    started = time.monotonic()
    assert fetch_captcha_images(datasets, url="http://name.invalid/", deadline_s=0.3) is None
    assert time.monotonic() - started < 2


def test_default_dataset_is_the_downloaded_one(archive, tmp_path, monkeypatch, caplog):
    folder = tmp_path / "captcha_images_v2"
    monkeypatch.setattr(download, "fetch_captcha_images", lambda _: folder)
    dataset = default_dataset(tmp_path)
    assert dataset.name == "captcha_images_v2"
    assert len(dataset.samples) == COUNT
    assert not [record for record in caplog.records if record.levelname == "WARNING"]


def test_default_dataset_without_network_is_a_stand_in(datasets, monkeypatch, caplog):
    monkeypatch.setattr(download, "fetch_captcha_images", lambda _: None)
    draw = download.generate_captchas
    monkeypatch.setattr(download, "generate_captchas", lambda folder: draw(folder, count=4))
    dataset = default_dataset(datasets)
    assert dataset.name == "generated"
    assert len(dataset.samples) == 4
    notices = [record for record in caplog.records if record.levelname == "WARNING"]
    assert len(notices) == 1
    assert "No network" in notices[0].getMessage()
    assert "--dataset FOLDER" in notices[0].getMessage()
