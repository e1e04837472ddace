"""A run is stored whole where it is asked for, or one line says why not."""

import threading
import time

import pytest

from ctckit.errors import InputError
from ctckit.remote import publish
from ctckit.remote.publish import place_of_runs, publishing
from ctckit.remote.s3 import Store
from ctckit.remote.transfer import Cut
from ctckit.run_folder import RunFolder


@pytest.fixture
def run(work):
    run = RunFolder(work / "Models" / "plates_1")
    run.state.mkdir(parents=True)
    run.report.mkdir()
    run.configs.write_text("height: 50\n")
    run.onnx.write_bytes(b"onnx" * 1000)
    (run.report / "evaluation.html").write_text("<p>")
    run.state_of("model_1").write_bytes(b"state")
    (run.state / "lock").touch()
    (run.state / "lock.txt").touch()
    (run.path / ".model.12345678.onnx").touch()  # being written
    return run


def files_of(run):
    files = (path for path in run.path.rglob("*") if path.is_file())
    return {f"runs/plates_1/{path.relative_to(run.path).as_posix()}": path.read_bytes()
            for path in files if not path.name.startswith((".", "lock"))}  # fmt: skip


def test_all_of_it_is_there_and_nothing_else(bucket, run, log):
    with publishing(f"{bucket.url}/runs/") as publisher:
        assert bucket.content() == {}, "trying leaves nothing"
        publisher.begin(run, is_new=True)
        assert bucket.content() == {}
    assert bucket.content() == files_of(run)
    assert log.messages[-1] == f"published   4 files, all sizes as here: {publisher.address}"


def test_below_no_prefix(bucket, run):
    with publishing(bucket.url) as publisher:
        publisher.begin(run, is_new=True)
    assert bucket.content() == {key.removeprefix("runs/"): it for key, it in files_of(run).items()}


def test_a_run_that_fails_is_not_published(bucket, run):
    with pytest.raises(ZeroDivisionError), publishing(f"{bucket.url}/runs") as publisher:
        publisher.begin(run, is_new=True)
        raise ZeroDivisionError
    assert bucket.content() == {}


def test_nothing_is_published_unasked(run):
    with publishing(None) as publisher:
        assert publisher is None


def test_another_run_of_that_name_stays(bucket, run):
    bucket.put("runs/plates_1/model.onnx", b"another")
    with (
        pytest.raises(InputError, match="expected nothing at s3://.*/runs/plates_1/, rec"),
        publishing(f"{bucket.url}/runs") as publisher,
    ):
        publisher.begin(run, is_new=True)
    assert bucket.content() == {"runs/plates_1/model.onnx": b"another"}


def test_one_that_is_gone_on_with_replaces_its_files(bucket, run):
    bucket.put("runs/plates_1/model.onnx", b"older")
    bucket.put("runs/plates_1/state/model_2.npz", b"done since")
    bucket.put("runs/plates_1/notes.txt", b"somebody's")
    with publishing(f"{bucket.url}/runs") as publisher:
        publisher.begin(run, is_new=False)
    expected = files_of(run) | {"runs/plates_1/notes.txt": b"somebody's"}
    assert bucket.content() == expected


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("runs", "s3://bucket/runs, received 'runs'"),
        ("https://host/runs", "received 'https://host/runs'"),
        ("s3://", "expected a bucket"),
    ],
)
def test_what_is_no_place(place, message):
    with pytest.raises(InputError, match=message):
        place_of_runs(place)


def test_what_cannot_be_written_to_is_told_first(bucket, run):
    with (
        pytest.raises(InputError, match="there is no such bucket"),
        publishing("s3://nobodys-bucket/runs"),
    ):
        pytest.fail("the block has begun")


def wait_until(what):
    ends_at = time.monotonic() + 20
    while not what():
        assert time.monotonic() < ends_at
        time.sleep(0.02)


@pytest.fixture
def quickly(monkeypatch):
    monkeypatch.setattr(publish, "LOOK_EVERY_S", 0.01)


def test_each_state_is_published_in_the_background(bucket, run, quickly):
    key = "runs/plates_1/state/model_1.npz"
    with publishing(f"{bucket.url}/runs", states=True) as publisher:
        publisher.begin(run, is_new=True)
        wait_until(lambda: bucket.content() == files_of(run))
        run.state_of("model_1").write_bytes(b"a newer state")
        wait_until(lambda: bucket.content()[key] == b"a newer state")
        run.state_of("model_1").unlink()
    assert key not in bucket.content(), "a finished run has no state"


def test_where_a_state_is_there_is_what_it_belongs_to(bucket, run, quickly, monkeypatch):
    sent, put = [], Store.put
    monkeypatch.setattr(
        Store, "put", lambda self, file, key, bar: sent.append(key) or put(self, file, key, bar)
    )
    with publishing(f"{bucket.url}/runs", states=True) as publisher:
        publisher.begin(run, is_new=True)
        wait_until(lambda: len(sent) == 4)
        run.state_of("model_1").write_bytes(b"a newer state")
        wait_until(lambda: len(sent) == 5)
    assert sent[3:] == ["runs/plates_1/state/model_1.npz"] * 2, "only what is new, the state last"


def test_what_fails_while_it_goes_on_is_told_and_tried_again(
    bucket, run, quickly, log, monkeypatch
):
    put, fails = Store.put, threading.Event()
    fails.set()

    def broken(self, file, key, bar):
        if fails.is_set():
            raise Cut("the store is away")
        put(self, file, key, bar)

    monkeypatch.setattr(Store, "put", broken)
    with publishing(f"{bucket.url}/runs", states=True) as publisher:
        publisher.begin(run, is_new=True)
        wait_until(lambda: any("the store is away" in line for line in log.messages))
        assert bucket.content() == {}
        fails.clear()
        run.state_of("model_1").write_bytes(b"a newer state")
        wait_until(lambda: bucket.content() == files_of(run))


def test_the_last_state_is_published_on_the_way_out(bucket, run, quickly):
    with (
        pytest.raises(KeyboardInterrupt),
        publishing(f"{bucket.url}/runs", states=True) as publisher,
    ):
        publisher.begin(run, is_new=True)
        wait_until(lambda: bucket.content())
        run.state_of("model_1").write_bytes(b"the last state")
        raise KeyboardInterrupt
    assert bucket.content()["runs/plates_1/state/model_1.npz"] == b"the last state"


def test_what_fails_in_the_end_is_told_with_where_the_run_is(bucket, run, monkeypatch):
    def broken(self, file, key, bar):
        raise Cut("the store is away")

    monkeypatch.setattr(Store, "put", broken)
    with (
        pytest.raises(InputError, match="is away'; the run is whole in .*plates_1: do `aws"),
        publishing(f"{bucket.url}/runs") as publisher,
    ):
        publisher.begin(run, is_new=True)


def test_a_file_that_is_there_by_half_is_told(bucket, run, monkeypatch):
    put = Store.put

    def half(self, file, key, bar):
        put(self, file, key, bar)
        bucket.put(key, file.read_bytes()[:1])

    monkeypatch.setattr(Store, "put", half)
    with (
        pytest.raises(InputError, match="received '1 bytes of configs.yaml'; the run is whole in"),
        publishing(f"{bucket.url}/runs") as publisher,
    ):
        publisher.begin(run, is_new=True)


def test_a_state_that_is_replaced_while_it_is_sent_stays_what_it_was(bucket, run):
    """Large files go up in parts; those of two states must not be mixed."""
    state = run.state_of("model_1")
    state.write_bytes(b"a" * (20 << 20))
    newer = state.with_suffix(".newer")
    newer.write_bytes(b"b" * (20 << 20))

    def replaced(_):
        if newer.exists():
            newer.replace(state)

    Store(place_of_runs(bucket.url), publish.Limits()).put(state, "state", replaced)
    assert set(bucket.content()["state"]) in ({ord("a")}, {ord("b")})
    assert not newer.exists()
