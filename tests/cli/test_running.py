"""From a command to an exit status."""

import errno
import signal
from contextlib import suppress

import pytest

from ctckit.cli.running import run_command
from ctckit.errors import InputError


def raising(error: BaseException):
    def command() -> None:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (InputError("expected this, received that", argument="x"), 2, "error: x: expected this"),
        (
            OSError(errno.ENOSPC, "No space left on device", "a.csv"),
            2,
            "device' (a.csv); make room",
        ),
        (OSError(errno.EMFILE, "Too many open files"), 2, "received 'Too many open files'; make"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_an_end_gives_one_line_and_a_status(capsys, error, status, said):
    assert run_command(raising(error)) == status
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line


def test_faults_of_the_program_keep_their_traceback():
    with pytest.raises(FileNotFoundError):
        run_command(raising(FileNotFoundError(errno.ENOENT, "no such file")))


@pytest.mark.parametrize(
    ("number", "status", "said"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "ended by SIGTERM")],
)
def test_a_signal_that_a_library_catches_counts_all_the_same(capsys, number, status, said):
    """Pressed while TensorFlow is imported, Ctrl-C comes out as an AttributeError."""

    def command() -> None:
        with suppress(BaseException):  # as libraries do
            signal.raise_signal(number)
        raise AttributeError("module 'keras' has no attribute 'Model'")

    before = signal.getsignal(number)
    assert run_command(command) == status
    assert capsys.readouterr().err.splitlines() == [said]
    assert signal.getsignal(number) is before


def test_a_signal_clears_away_what_is_half_done(tmp_path):
    def command() -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            (tmp_path / "cleared").touch()

    assert run_command(command) == 143
    assert (tmp_path / "cleared").exists()


def test_ctrl_c_stays_ignored_where_it_is():
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert run_command(lambda: signal.raise_signal(signal.SIGINT)) == 0
    finally:
        signal.signal(signal.SIGINT, previous)
