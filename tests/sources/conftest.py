"""What tests of downloads start from: no proxy of the machine, and the lines of the log."""

import logging

import pytest


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
