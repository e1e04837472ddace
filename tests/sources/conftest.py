"""What tests of downloads start from: http within this machine, no proxy, the lines of the log."""

import logging

import pytest

from ctckit.remote import downloads


@pytest.fixture(autouse=True)
def _http_on_this_machine(monkeypatch):
    """Servers of tests speak no https; else nothing but https is followed."""
    local = ("http://127.0.0.1:", "http://name.invalid/")
    monkeypatch.setattr(downloads, "ALLOWED", (*downloads.ALLOWED, *local))


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def log(caplog):
    """Return what has the `messages` of the log, all of them."""
    caplog.set_level(logging.INFO, "ctckit")
    return caplog
