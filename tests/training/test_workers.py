import json
import socket

import pytest

from ctckit.errors import InputError
from ctckit.training import workers as module
from ctckit.training.workers import ALONE, Workers, is_first_worker, workers

TWO = ["host-a:2222", "host-b:2222"]


def config(monkeypatch, cluster, kind="worker", index=0):
    settings = {"cluster": cluster, "task": {"type": kind, "index": index}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(settings))


@pytest.mark.parametrize("text", ["", " ", "{}", '{"cluster": {"worker": ["a:1"]}}'])
def test_a_process_trains_alone_where_no_others_are_named(monkeypatch, text):
    monkeypatch.setenv("TF_CONFIG", text)
    assert workers() == ALONE
    assert is_first_worker()


def test_workers_are_those_of_the_cluster(monkeypatch):
    config(monkeypatch, {"worker": TWO}, index=1)
    assert workers() == Workers(tuple(TWO), 1)
    assert not is_first_worker()


def test_a_chief_comes_first(monkeypatch):
    config(monkeypatch, {"worker": TWO, "chief": ["host-c:1"]}, index=0)
    assert workers() == Workers(("host-c:1", *TWO), 1)
    config(monkeypatch, {"worker": TWO, "chief": ["host-c:1"]}, kind="chief")
    assert workers().is_first


@pytest.mark.parametrize(
    ("text", "received"),
    [
        ("{", "Expecting property name"),
        ("[]", "no attribute"),
        ('{"cluster": {"worker": ["a:1", "b"]}}', "'b' instead of an address"),
        ('{"cluster": {"worker": ["a:1", "b:99999"]}}', "'b:99999' instead of an address"),
        ('{"cluster": {"worker": ["a:1", 7]}}', "7 instead of an address"),
        ('{"cluster": {"worker": ["a:1", "a:1"]}}', "the same address twice"),
        ('{"cluster": {"worker": ["a:1", "b:1"], "ps": ["c:1"]}}', "tasks of the kind 'ps'"),
        ('{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"index": 2}}', "worker 2 of 2"),
        ('{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"index": "x"}}', "invalid literal"),
        ('{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "evaluator"}}', "'evaluator'"),
    ],
)
def test_what_cannot_be_understood_is_refused(monkeypatch, text, received):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(InputError, match="expected in TF_CONFIG") as caught:
        workers()
    assert received in str(caught.value)


@pytest.fixture
def two_ports():
    with socket.create_server(("", 0)) as first, socket.create_server(("", 0)) as second:
        ports = [one.getsockname()[1] for one in (first, second)]
    return [f"localhost:{port}" for port in ports]


def test_a_worker_that_does_not_come_is_named(monkeypatch, two_ports, caplog):
    monkeypatch.setattr(module, "PATIENCE_S", 0.5)
    monkeypatch.setattr(module, "QUIET_S", 0.1)
    monkeypatch.setattr(module.LOGGER, "propagate", True)
    caplog.set_level("INFO", "ctckit")
    with pytest.raises(InputError, match=rf"none at worker 1 \({two_ports[1]}\)"):
        Workers(tuple(two_ports), 0).meet()
    assert f"waiting for worker 1 ({two_ports[1]})" in caplog.text


def test_workers_that_are_there_meet_at_once(two_ports):
    with socket.create_server(("", int(two_ports[1].split(":")[1]))):
        Workers(tuple(two_ports), 0).meet()


def test_a_port_that_is_taken_is_named(two_ports):
    port = int(two_ports[0].split(":")[1])
    with (
        socket.create_server(("", port)),
        pytest.raises(InputError, match=f"expected port {port} to be free"),
    ):
        Workers(tuple(two_ports), 0).meet()
