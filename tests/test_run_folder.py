import logging
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from ctckit.errors import InputError
from ctckit.log import LOGGER
from ctckit.run_folder import (
    RunFolder,
    default_run_path,
    new_default_run_path,
    new_run_folder,
    newest_run,
    unfinished_run_folder,
)


@pytest.fixture(autouse=True)
def all_that_is_logged(monkeypatch):
    """Whatever ran before in this process, its log reaches `caplog`."""
    monkeypatch.setattr(LOGGER, "propagate", True)
    LOGGER.setLevel(logging.DEBUG)


def test_a_run_without_a_model_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError), new_run_folder(tmp_path / "Models" / "run") as run:
        run.train_csv.write_text("image,label\n")
        raise RuntimeError
    assert not run.path.exists()


def test_a_run_with_a_model_stays_whatever_happens_then(tmp_path):
    with pytest.raises(RuntimeError), new_run_folder(tmp_path / "run") as run:
        run.checkpoint.write_text("weights")
        raise RuntimeError
    assert run.checkpoint.exists()


def test_the_log_holds_every_line_also_those_not_shown(tmp_path):
    LOGGER.setLevel(logging.DEBUG)
    with new_run_folder(tmp_path / "run") as run:
        run.checkpoint.touch()
        LOGGER.debug("left out ж.png")
    LOGGER.info("later")
    lines = (run.path / "train.log").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 and lines[0].endswith("left out ж.png")


def test_refuses_a_folder_that_holds_something(tmp_path):
    (tmp_path / "old.txt").touch()
    with pytest.raises(InputError, match="new or empty folder"), new_run_folder(tmp_path):
        pass
    assert (tmp_path / "old.txt").exists()


def test_refuses_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(InputError, match="choose another folder"),
        new_run_folder(tmp_path / "file" / "run"),
    ):
        pass


def test_default_name_sorts_by_time():
    path = default_run_path("plates", datetime(2026, 1, 2, 3, 4, 5))
    assert path == Path("Models/plates_20260102-030405")


def begun(run: RunFolder) -> None:
    """Write what makes a run one that can be gone on with."""
    run.dataset.write_text("{}")
    run.configs.write_text("schema_version: 1\n")
    run.state_of("model_1").write_bytes(b"state")


def test_a_broken_off_run_stays_and_says_how_to_go_on(tmp_path, caplog):
    path = tmp_path / "a run"
    with (
        caplog.at_level("INFO", "ctckit"),
        pytest.raises(RuntimeError),
        new_run_folder(path) as run,
    ):
        begun(run)
        raise RuntimeError
    command = f"{run.resume_command}"
    assert command.endswith(f"--resume '{path}'") and f"to go on: {command}" in caplog.text
    with pytest.raises(InputError, match="unfinished run; go on with it by .* --resume"):
        new_run_folder(path).__enter__()


def test_the_state_goes_when_all_trainings_are_done(tmp_path):
    with new_run_folder(tmp_path / "run") as run:
        run.checkpoint.touch()
        begun(run)
        run.ended_early.touch()
    assert run.is_unfinished, "Ctrl-C ended it"
    with unfinished_run_folder(run.path):
        assert not run.ended_early.exists(), "not yet, this time"
    assert not run.state.exists() and run.checkpoint.exists()
    with pytest.raises(InputError, match="expected the folder of an unfinished run"):
        unfinished_run_folder(run.path).__enter__()


def test_what_a_killed_process_left_is_cleared_away(tmp_path):
    LOGGER.setLevel(logging.DEBUG)
    with new_run_folder(tmp_path / "run") as run:
        begun(run)
        run.ended_early.touch()
        LOGGER.info("a whole line")
    (run.path / "report" / ".predictions.0123abcd.csv").touch()
    (run.path / ".model.89abcdef.keras").touch()
    with run.log.open("a") as log:
        log.write("2026-01-01 torn")
    with unfinished_run_folder(run.path):
        LOGGER.info("the next line")
        run.ended_early.touch()
    assert not [path for path in run.path.rglob(".*") if path.suffix != ".lock"]
    lines = run.log.read_text().splitlines()
    assert [line.split("INFO ")[-1] for line in lines if "line" in line] == [
        "a whole line", "the next line"
    ]  # fmt: skip
    assert "torn" not in run.log.read_text()


HOLD = """
import sys
from ctckit.locks import held
from pathlib import Path
with held(Path(sys.argv[1]), what="it"):
    print("held", flush=True)
    sys.stdin.read()  # until it is closed, however the test ends
"""


def test_a_second_process_is_refused_and_told_which_one_is_at_work(tmp_path):
    with new_run_folder(tmp_path / "run") as run:
        begun(run)
        run.ended_early.touch()
    lock = run.state / "lock"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", HOLD, lock], **pipes) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(InputError, match=f"that process {other.pid} on .* is at work on"):
            unfinished_run_folder(run.path).__enter__()
        assert run.is_unfinished
        other.kill()
    with unfinished_run_folder(run.path):
        pass  # what a dead one left behind does not matter


def test_two_runs_of_one_second_have_folders_of_their_own(tmp_path):
    now = datetime(2026, 1, 2, 3, 4, 5)
    paths = [new_default_run_path("plates", now, tmp_path) for _ in range(3)]
    assert [path.name for path in paths] == [
        "plates_20260102-030405", "plates_20260102-030405_2", "plates_20260102-030405_3"
    ]  # fmt: skip
    for path in paths:
        with new_run_folder(path) as run:
            for file in (run.onnx, run.val_csv, run.checkpoint):
                file.touch()
    assert newest_run(tmp_path).path in paths
