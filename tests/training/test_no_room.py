"""A disk that is full, a folder that becomes read-only, no file handles left: nothing is lost."""

import errno
import resource
import subprocess
import sys
from contextlib import contextmanager

import keras
import pytest

from ctckit.cli.running import run_command
from ctckit.errors import InputError
from ctckit.files import replace_atomically
from ctckit.training.callbacks import state as state_module
from tests.training.networks import drawn_providers
from tests.training.test_resume import assert_same, train

pytestmark = pytest.mark.slow

MEGABYTE = 2**20


@pytest.fixture(scope="module")
def providers(tmp_path_factory):
    return drawn_providers(tmp_path_factory.mktemp("drawn"))


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 4 MB in memory; only root of a Linux machine may make one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)]
    if (
        sys.platform != "linux"
        or subprocess.run(words, capture_output=True, check=False).returncode
    ):
        pytest.skip("no right to mount a disk")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


@contextmanager
def full(disk):
    """Fill the disk to the last byte while the block lasts."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(MEGABYTE // 16))
        except OSError as error:
            assert error.errno == errno.ENOSPC
    yield
    ballast.unlink(missing_ok=True)


@contextmanager
def read_only(disk):
    """Let nobody write to the disk while the block lasts."""
    for _ in remounted(disk, "ro"):
        yield


def remounted(disk, mode):
    subprocess.run(["mount", "-o", f"remount,{mode}", str(disk)], check=True)
    yield
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)


class Spoil(keras.callbacks.Callback):
    """Spoil the disk from an epoch on."""

    def __init__(self, spoilt, epoch):
        super().__init__()
        self.spoilt, self.epoch = spoilt, epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            self.spoilt.__enter__()


@pytest.mark.parametrize("trouble", [full, read_only])
def test_no_place_to_write_ends_the_run_with_one_line_and_its_last_state(
    tmp_path, small_disk, providers, monkeypatch, trouble
):
    monkeypatch.setattr(state_module, "COST", float("inf"))
    keras.utils.set_random_seed(0)
    without = train(tmp_path / "calm", providers)
    keras.utils.set_random_seed(0)
    run, spoilt = small_disk / "run", trouble(small_disk)
    with pytest.raises(
        InputError, match="expected a place to write to, received '(No space|Read-)"
    ):
        train(run, providers, Spoil(spoilt, epoch=2))
    assert not list(run.rglob(".*")), "nothing half-written"
    spoilt.__exit__(None, None, None)
    resumed = train(run, providers)
    assert_same(without, resumed, [tmp_path / "calm", run])


def test_a_file_on_a_full_disk_stays_as_it_was(small_disk):
    path = small_disk / "a.txt"
    path.write_text("old")
    with (
        full(small_disk),
        pytest.raises(InputError, match="No space left on device'; make room there, or"),
        replace_atomically(path) as temporary,
    ):
        temporary.write_bytes(bytes(MEGABYTE))
    assert path.read_text() == "old"
    assert [file.name for file in small_disk.iterdir()] == ["a.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
def test_no_file_handles_left_is_no_fault_of_the_images(tmp_path, providers, capsys):
    class TakeThemAll(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        status = run_command(lambda: train(tmp_path / "run", providers, TakeThemAll()))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    said = capsys.readouterr().err
    assert status == 2 and "Too many open files" in said and "Traceback" not in said
    assert "another image" not in said
    assert (tmp_path / "run" / "state.npz").is_file()
