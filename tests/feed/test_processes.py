import gc
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from ctckit.augment.geometric import RandomAffine
from ctckit.data.samples import Samples
from ctckit.errors import InputError
from ctckit.feed.batches import BatchMaker, BatchPlan
from ctckit.feed.cache import CacheRoom
from ctckit.feed.processes import BatchProcesses, _Room

ROOT = Path(__file__).parents[2]
SAMPLES = [(position, f"{position}") for position in range(20)]
PLANS = [BatchPlan([*range(start, min(start + 3, 20))]) for start in range(0, 20, 3)]
VARIED = BatchPlan([5, 3], seed=1, epoch=2, augmentors=[RandomAffine(random_chance=1.0)])
PATIENCE_S = 60


def draw(position, label):
    image = np.random.default_rng(position).integers(0, 256, (8, 12, 3), dtype=np.uint8)
    return image, np.array([int(label)], np.int32)


def tell_process(images, labels):
    return images, np.full_like(labels, os.getpid())


def tell_tensorflow(images, labels):
    return images, np.full_like(labels, "tensorflow" in sys.modules or "keras" in sys.modules)


def enlarge(images, labels):
    return np.repeat(images, 50, axis=1), labels


def divide(images, labels):
    return images / 255, labels


def empty_labels(images, labels):
    return images, labels[:, :0]


def without_arrays(images, labels):
    return "text", {"labels": labels.tolist()}


class OddError(Exception):
    def __init__(self, number, text):  # cannot be unpickled: it has one argument too many
        super().__init__(text)


def complain(images, labels):
    raise InputError("cannot read a.png: No such file")


def complain_oddly(images, labels):
    raise OddError(3, "of its own kind")


def end_process(images, labels):
    os._exit(7)


def make_batch() -> BatchMaker:
    return BatchMaker(SAMPLES, [draw], cache=CacheRoom(10**9))


@pytest.fixture(scope="module")
def processes() -> BatchProcesses:
    processes = BatchProcesses(make_batch(), 2, batch_size=3)
    processes(PLANS[0])
    return processes


def same(first, second) -> bool:
    return all(
        np.array_equal(one, other) and one.dtype == other.dtype
        for one, other in zip(first, second, strict=True)
    )


def test_batches_are_those_of_one_process(processes):
    make = make_batch()
    for epoch in range(2):
        plans = [plan._replace(epoch=epoch, augmentors=[RandomAffine()]) for plan in PLANS]
        with ThreadPoolExecutor(4) as pool:
            batches = list(pool.map(processes, plans))
        assert all(same(batch, make(plan)) for batch, plan in zip(batches, plans, strict=True))


def test_every_process_works_and_this_one_does_not(processes):
    with ThreadPoolExecutor(2) as pool:
        plans = [plan._replace(postprocessors=[tell_process]) for plan in PLANS * 20]
        workers = {int(labels[0, 0]) for _, labels in pool.map(processes, plans)}
    assert len(workers) == 2 and os.getpid() not in workers


def test_the_first_batch_is_the_same_as_when_it_is_asked_for_again():
    processes = BatchProcesses(make_batch(), 1, batch_size=2)
    assert same(processes(VARIED), processes(VARIED))
    assert same(processes(VARIED), make_batch()(VARIED))


def test_a_batch_is_the_callers_own(processes):
    images, _ = processes(PLANS[1])
    before = images.copy()
    processes(PLANS[2])
    assert np.array_equal(images, before)
    images[:] = 0  # it can be written to
    assert same(processes(PLANS[1]), make_batch()(PLANS[1]))


@pytest.mark.parametrize("postprocess", [enlarge, divide, empty_labels, without_arrays])
def test_batches_of_other_forms_than_the_first_one(processes, postprocess):
    plan = PLANS[0]._replace(postprocessors=[postprocess])
    for received, expected in zip(processes(plan), make_batch()(plan), strict=True):
        assert np.array_equal(received, expected)
    assert same(processes(PLANS[0]), make_batch()(PLANS[0]))


def test_arrays_lie_in_the_shared_memory_as_long_as_there_is_room():
    shared = np.zeros(200, np.uint8)
    room = _Room(shared)
    first, second = room.empty((10,), np.dtype("i4")), room.empty((3, 2), np.dtype("f8"))
    first[:], second[:] = 7, 0.5
    assert room.place(first.view(np.uint8)) == (0, 40)
    assert room.place(second.view(np.uint8).ravel()) == (64, 112)
    assert np.array_equal(shared[:40].view("i4"), first)
    outside = np.arange(60, dtype=np.uint8)
    assert room.place(outside) == (128, 188)
    assert np.array_equal(shared[128:188], outside)
    assert room.place(outside) is None
    assert not np.shares_memory(room.empty((100,), np.dtype("u1")), shared)
    assert not np.shares_memory(_Room(shared).empty((2,), np.dtype(object)), shared)


def test_there_is_no_tensorflow_in_them(processes):
    _, labels = processes(PLANS[0]._replace(postprocessors=[tell_tensorflow]))
    assert not labels.any()


def test_steps_that_cannot_be_pickled_are_refused(processes):
    with pytest.raises(
        InputError, match=r"^use_multi.*can be pickled.*lambda.*top level of a"
    ) as error:
        BatchProcesses(BatchMaker(SAMPLES, [lambda image, label: (image, label)]), 2, 3)
    assert "\n" not in str(error.value)
    with pytest.raises(InputError, match="can be pickled"):
        processes(PLANS[0]._replace(augmentors=[lambda image, label, rng: (image, label)]))


def test_errors_of_a_step_are_raised_here(processes):
    for step, kind, message in (
        (complain, InputError, "cannot read a.png: No such file"),
        (complain_oddly, RuntimeError, "OddError: of its own kind"),
    ):
        with pytest.raises(kind) as error:
            processes(PLANS[0]._replace(postprocessors=[step]))
        assert str(error.value) == message
        assert f"in {step.__name__}" in error.value.__notes__[0], "the traceback over there"
    assert same(processes(PLANS[0]), make_batch()(PLANS[0]))


@pytest.mark.slow
def test_a_process_that_ends_is_told_and_replaced(processes):
    for _ in range(3):
        with pytest.raises(RuntimeError, match=r"has ended \(exit code 7\).*__name__"):
            processes(PLANS[0]._replace(postprocessors=[end_process]))
    assert same(processes(PLANS[0]), make_batch()(PLANS[0]))


def test_an_answer_that_was_not_waited_for_is_not_given_to_the_next_one(monkeypatch):
    processes = BatchProcesses(make_batch(), 1, batch_size=3)
    processes(PLANS[0])
    process = processes._idle.queue[0]
    first = process._process
    with monkeypatch.context() as patched:
        patched.setattr(type(process._pipe), "recv", lambda _: signal.raise_signal(signal.SIGINT))
        with pytest.raises(KeyboardInterrupt):
            processes(PLANS[1])
    assert not first.is_alive()
    assert same(processes(PLANS[2]), make_batch()(PLANS[2]))


@pytest.mark.skipif(os.name == "nt", reason="there are no such signals")
def test_ctrl_c_is_left_to_this_process():
    processes = BatchProcesses(make_batch(), 1, batch_size=3)
    plan = PLANS[0]._replace(postprocessors=[tell_process])
    processes(plan)
    worker = int(processes(plan)[1][0, 0])
    os.kill(worker, signal.SIGINT)
    assert int(processes(plan)[1][0, 0]) == worker != os.getpid()


@pytest.mark.slow
def test_they_end_with_the_object():
    before = set(multiprocessing.active_children())
    processes = BatchProcesses(make_batch(), 2, batch_size=3)
    processes(PLANS[0]), processes(PLANS[1])
    started = set(multiprocessing.active_children()) - before
    assert len(started) == 2
    del processes
    gc.collect()
    for process in started:
        process.join(PATIENCE_S)
        assert process.exitcode == 0


SCRIPT = """
import time
from concurrent.futures import ThreadPoolExecutor
from tests.feed.test_processes import *

if __name__ == "__main__":
    processes = BatchProcesses(make_batch(), 2, batch_size=3)
    plans = [plan._replace(postprocessors=[tell_process]) for plan in PLANS * 20]
    with ThreadPoolExecutor(2) as pool:
        workers = {int(labels[0, 0]) for _, labels in pool.map(processes, plans)}
    print(*workers, flush=True)
    time.sleep(600)
"""


def is_running(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{process_id}/stat")
    return not (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z")


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there are no such signals")
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_they_end_with_this_process_however_it_ends(tmp_path, end):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    parent = subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)}, start_new_session=True,
    )  # fmt: skip
    words = parent.stdout.readline().split()
    workers = {int(word) for word in words} - {parent.pid}
    assert len(workers) == 2, parent.communicate()[1]
    assert all(map(is_running, workers))
    if end == signal.SIGINT:
        os.killpg(parent.pid, end)  # as the terminal does it: all of them receive it
    else:
        parent.send_signal(end)
    _, errors = parent.communicate(timeout=PATIENCE_S)
    deadline = time.monotonic() + PATIENCE_S
    while any(map(is_running, workers)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(is_running, workers))
    assert errors.count("Traceback") == (1 if end == signal.SIGINT else 0), errors


@pytest.mark.slow
def test_a_script_without_a_main_guard_is_told_what_to_do(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from tests.feed.test_processes import *\n"
        "processes = BatchProcesses(make_batch(), 1, batch_size=3)\n"
        "processes(PLANS[0]), processes(PLANS[1])\n"
    )
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)}, timeout=PATIENCE_S,
    )  # fmt: skip
    assert done.returncode == 1
    assert "RuntimeError: a process that prepares batches has ended" in done.stderr
    assert "`if __name__ == '__main__':`" in done.stderr.splitlines()[-1]


class DrawInTurn:
    """A step with an array that it writes to, in each process its own."""

    def __init__(self):
        self.scratch = np.zeros(1, np.int32)

    def __call__(self, image, label):
        self.scratch += int(label)
        return np.zeros((4, 4, 1), np.uint8), self.scratch.copy()


def test_the_columns_of_samples_are_shared_and_what_a_step_writes_to_is_not():
    samples = Samples.of((f"{number}.png", f"{number}") for number in range(100_000))
    processes = BatchProcesses(BatchMaker(samples[1:], [DrawInTurn()]), 2, batch_size=2)
    assert len(processes._pickled) < 10_000
    made_here = processes(BatchPlan([4]))[1]
    assert made_here.tolist() == [[5]]
    one, other = processes._idle.get(), processes._idle.get()
    for process in (one, other):
        (_, labels), _ = process.ask(pickle.dumps(BatchPlan([99_998, 0])))
        assert labels.tolist() == [[99_999], [100_000]]
    one._process.kill()
    one._process.join()
    with pytest.raises(RuntimeError, match="has ended"):
        one.ask(pickle.dumps(BatchPlan([2])))
    (_, labels), _ = one.ask(pickle.dumps(BatchPlan([2])))  # started anew, on the same columns
    assert labels.tolist() == [[3]]
    for process in (one, other):
        processes._idle.put(process)
