"""What tests of what lies elsewhere start from: servers of this machine, no one's credentials."""

import logging
from pathlib import Path

import pytest

from ctckit.remote import downloads
from ctckit.remote.limits import Limits
from tests.remote.stores import Bucket, store_server

FAST = Limits(size=10**9, whole_s=60, pause_s=5, pauses_s=(0.0, 0.0, 0.0))


@pytest.fixture(autouse=True)
def _of_this_machine(monkeypatch, tmp_path):
    """Servers of tests speak no https; there are no proxies, and no credentials but those given."""
    local = ("http://127.0.0.1:", "http://name.invalid/")
    monkeypatch.setattr(downloads, "ALLOWED", (*downloads.ALLOWED, *local))
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "PROFILE", "ENDPOINT_URL",
                 "REGION", "DEFAULT_REGION"):  # fmt: skip
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(scope="session")
def store():
    """Return the address of a server that speaks S3."""
    with store_server() as url:
        yield url


@pytest.fixture
def bucket(store, monkeypatch, request):
    """Return a bucket of its own in that server, which the environment leads to."""
    for name, value in Bucket.environment(store).items():
        monkeypatch.setenv(name, value)
    return Bucket.made(request.node.name)


@pytest.fixture
def log(caplog):
    """Return what has the `messages` of the log, all of them."""
    caplog.set_level(logging.INFO, "ctckit")
    return caplog


@pytest.fixture
def work(tmp_path, monkeypatch) -> Path:
    """Work in an empty folder."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder
