import json
import os
import socket
import subprocess
import sys
import time
from contextlib import ExitStack

import numpy as np
import pytest

from ctckit.cli.running import EXIT_BAD_INPUT
from ctckit.errors import InputError
from ctckit.feed.batches import BatchPlan
from ctckit.training.configs import TrainConfigs
from ctckit.training.devices import open_devices
from tests.drawing import draw_folder
from tests.training.train_together import BATCH, STEPS

PROGRAM = "tests.training.train_together"
COUNT = 33


def start(*arguments, workers=(), index=0):
    environment = dict(os.environ)
    environment.pop("TF_CONFIG", None)
    if workers:
        task = {"type": "worker", "index": index}
        environment["TF_CONFIG"] = json.dumps({"cluster": {"worker": workers}, "task": task})
    return subprocess.Popen(
        [sys.executable, "-m", PROGRAM, *map(str, arguments)],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def addresses(number):
    with ExitStack() as held:
        ports = [
            held.enter_context(socket.create_server(("", 0))).getsockname()[1]
            for _ in range(number)
        ]
    return [f"localhost:{port}" for port in ports]


def start_together(folder, out, number):
    cluster = addresses(number)
    return [
        start(folder, out / f"worker_{index}.npz", workers=cluster, index=index)
        for index in range(number)
    ]


def ended(processes):
    errors = [process.communicate(timeout=300)[1] for process in processes]
    return [process.returncode for process in processes], errors


def so_far(losses):
    """What one device logs: the mean over the images of the epoch so far."""
    counts = np.array([BATCH] * (STEPS - 1) + [COUNT % BATCH])
    sums = np.cumsum(losses.reshape(-1, STEPS) * counts, axis=1)
    return (sums / np.cumsum(counts)).ravel()


def require_same_training(file, other):
    """Weights within 1e-4, and the losses of the same batches alike."""
    with np.load(file) as one, np.load(other) as two:
        assert one.files == two.files
        np.testing.assert_allclose(one["steps"], so_far(two["steps"]), rtol=1e-4)
        np.testing.assert_allclose(one["epochs"], two["epochs"], rtol=1e-3, atol=1e-4)
        for name in set(one.files) - {"steps"}:
            np.testing.assert_allclose(one[name], two[name], atol=1e-4, rtol=1e-3, err_msg=name)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("images")
    draw_folder(folder, count=COUNT)
    return folder


@pytest.fixture(scope="module")
def of_one(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("one") / "one.npz"
    codes, errors = ended([start(folder, out)])
    assert codes == [0], errors
    return out


@pytest.mark.parametrize("number", [1, 2, 4, 5])
def test_shares_are_the_batch(number):
    plan = BatchPlan(list(range(10, 14)))
    shares = [plan.share(index, number).positions for index in range(number)]
    weights = [plan.weight(index, number) for index in range(number)]
    assert sum(weights) == 1
    counted = [share for share, weight in zip(shares, weights, strict=True) if weight]
    assert sorted(position for share in counted for position in share) == plan.positions
    assert all(shares)


def test_devices_that_cannot_be_are_refused():
    with pytest.raises(InputError, match="received 'gpu'"):
        TrainConfigs(devices="gpu")
    with pytest.raises(InputError, match="received number 7"):
        open_devices("7")


@pytest.mark.long
def test_two_devices_train_as_one(folder, of_one, tmp_path):
    codes, errors = ended([start(folder, tmp_path / "two.npz", 2)])
    assert codes == [0], errors
    require_same_training(of_one, tmp_path / "two.npz")


@pytest.mark.slow
def test_two_workers_train_as_one_and_have_the_same_weights(folder, of_one, tmp_path):
    codes, errors = ended(start_together(folder, tmp_path, 2))
    assert codes == [0, 0], errors
    with np.load(tmp_path / "worker_0.npz") as one, np.load(tmp_path / "worker_1.npz") as two:
        for name in one.files:
            np.testing.assert_array_equal(one[name], two[name])
    require_same_training(of_one, tmp_path / "worker_0.npz")


@pytest.mark.long
def test_four_workers_train_as_one(folder, of_one, tmp_path):
    codes, errors = ended(start_together(folder, tmp_path, 4))
    assert codes == [0, 0, 0, 0], errors
    require_same_training(of_one, tmp_path / "worker_3.npz")


@pytest.mark.long
def test_different_images_on_two_workers_are_refused(folder, tmp_path):
    draw_folder(tmp_path / "fewer", count=COUNT - 1)
    cluster = addresses(2)
    processes = [
        start(images, tmp_path / "out.npz", workers=cluster, index=index)
        for index, images in enumerate((folder, tmp_path / "fewer"))
    ]
    codes, errors = ended(processes)
    assert codes == [EXIT_BAD_INPUT] * 2
    assert f"received {COUNT - 1} on worker 1" in errors[1]
    assert f"received others on worker 1 ({cluster[1]})" in errors[0]


@pytest.mark.long
def test_a_killed_worker_ends_the_others_by_name(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("CTCKIT_TEST_SLOWLY", "1")
    first, second = start_together(folder, tmp_path, 2)
    assert any("at work" in line for line in second.stderr)  # behind its first step
    second.kill()
    began = time.monotonic()
    codes, errors = ended([first, second])
    assert codes[0] == EXIT_BAD_INPUT, errors
    assert "no answer of worker 1 (localhost:" in errors[0]
    assert time.monotonic() - began < 60
    assert not (tmp_path / "worker_0.npz").exists()
