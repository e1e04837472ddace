import logging
from datetime import datetime
from pathlib import Path

import pytest

from ctckit.errors import InputError
from ctckit.log import LOGGER
from ctckit.run_folder import default_run_path, new_run_folder


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
