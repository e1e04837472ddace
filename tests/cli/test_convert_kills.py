"""A packing that is killed leaves nothing of its target, or all of it; the next one finishes."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import lmdb
import pytest

from ctckit.cli.unfinished import unfinished
from ctckit.image.lmdbs import close_if_changed
from ctckit.sources.layouts import open_dataset
from tests.drawing import draw_folder
from tests.killing import killed_at_step

ROOT = Path(__file__).parents[2]
HAS_KILL = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
TARGETS = ("new", "new.csv", "new.lmdb")

# Is killed at a step that touches the target or what it is made in, or goes on slowly.
PROGRAM = (
    """
import time
from ctckit.cli import main
from ctckit.data import writing
from ctckit.sources.tools import lmdb_writer
"""
    + killed_at_step("new")
    + """
read = writing.read_image
def slowly(address):
    time.sleep(0.01)
    return read(address)
if not left:
    writing.read_image = lmdb_writer.read_image = slowly
sys.exit(main())
"""
)


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for part, count in (("train", 20), ("val", 9)):
        texts = draw_folder(tmp_path / "set" / part, count=count, seed=count)
        rows = "\n".join(f"{text}.png,{text}" for text in texts)
        (tmp_path / "set" / part / "labels.csv").write_text(f"image,label\n{rows}\n")
    return tmp_path


def start(step, target, source="set"):
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(step), "data", "convert", source, target],
        env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip


@pytest.fixture
def convert(call):
    """Return what converts in this process; it returns the status and what is said."""

    def run(target, source="set"):
        status, _, said = call("data", "convert", source, target)
        return status, said

    return run


def places(target):
    path = Path(target)
    return [path.with_suffix(f".{part}{path.suffix}") for part in ("train", "val")] if (
        path.suffix
    ) else [path]  # fmt: skip


def require_whole(place):
    close_if_changed(str(place))
    parts = {"train": [20], "val": [9]}.get(place.stem.rpartition(".")[2], [20, 9])
    dataset = open_dataset(place)
    assert [len(part) for part in (dataset.samples, dataset.validation) if part] == parts


def remove(*paths):
    for path in paths:
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


@HAS_KILL
@pytest.mark.long
@pytest.mark.parametrize("target", TARGETS)
def test_a_kill_at_any_step_that_touches_a_file(here, convert, target):
    made = places(target)
    for step in range(1, 1000):
        remove(*made)
        running = start(step, target)
        running.communicate()
        assert running.returncode in (0, -signal.SIGKILL)
        there = [place for place in made if place.exists()]
        for place in there:
            require_whole(place)
        was_done = len(there) == len(made)
        assert convert(target)[0] == (2 if was_done else 0)  # 2: there is one, and it stays
        for place in made:
            require_whole(place)
        assert not list(here.glob(".*"))
        if running.returncode != -signal.SIGKILL:
            break
    assert step > 5


def kill_at_random(here, convert, target, *, kills, seed):
    rng = random.Random(seed)
    killed = 0
    while killed < kills:
        remove(*places(target))
        running = start(0, target)
        while running.poll() is None and not list(here.glob(".unfinished-*")):
            time.sleep(0.005)
        time.sleep(rng.uniform(0, 0.4))
        running.kill()
        running.communicate()
        killed += running.returncode == -signal.SIGKILL
        for place in places(target):
            if place.exists():
                require_whole(place)
    remove(*places(target))
    assert convert(target)[0] == 0
    for place in places(target):
        require_whole(place)
    assert not list(here.glob(".*"))


@HAS_KILL
@pytest.mark.slow
def test_two_kills(here, convert):
    kill_at_random(here, convert, "new.lmdb", kills=2, seed=0)


@HAS_KILL
@pytest.mark.long
@pytest.mark.parametrize("target", TARGETS)
def test_ten_kills(here, convert, target):
    kill_at_random(here, convert, target, kills=10, seed=1)


def test_what_a_killed_one_left_is_removed(here, convert):
    left = here / ".unfinished-new.lmdb"
    (left / "content" / "new.lmdb").mkdir(parents=True)
    (left / "lock").touch()
    (left / "moving.json").write_text('{"new.lmdb": [1, 2, 3]}')
    assert convert("new.lmdb", "set/train")[0] == 0
    assert not list(here.glob(".*"))


def test_parts_that_a_killed_one_had_moved_are_made_anew(here, convert, monkeypatch):
    replace = Path.replace

    def second_fails(path, target):
        if path.name == "new.val.lmdb":
            raise OSError("killed")
        return replace(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", second_fails)
        patched.setattr("ctckit.cli.unfinished._remove", lambda path: None)
        assert convert("new.lmdb")[0] == 2
    assert [place.exists() for place in places("new.lmdb")] == [True, False]
    assert convert("new.lmdb")[0] == 0
    for place in places("new.lmdb"):
        require_whole(place)
    status, said = convert("new.lmdb")  # these are whole, and stay
    assert status == 2 and "expected a place that is free" in said


def test_others_that_are_in_the_place_of_a_part_stay(here, convert):
    Path("new.val.lmdb").write_text("mine")
    assert convert("new.lmdb")[0] == 2
    assert Path("new.val.lmdb").read_text() == "mine"
    assert not list(here.glob(".*")) and not Path("new.train.lmdb").exists()


def test_one_process_at_a_time(here, convert):
    with unfinished(Path("new.lmdb")):
        status, said = convert("new.lmdb")
        assert status == 2 and f"process {os.getpid()} on " in said
    assert convert("new.lmdb")[0] == 0


def test_a_full_disk_is_one_line_and_nothing_is_left(here, convert, monkeypatch):
    def full(*_):
        raise lmdb.Error("mdb_txn_commit: Input/output error")

    monkeypatch.setattr("ctckit.sources.tools.lmdb_writer._put", full)
    monkeypatch.setattr("ctckit.sources.tools.lmdb_writer.ROOM_BYTES", 1 << 60)
    before = sorted(here.iterdir())
    status, said = convert("new.lmdb")
    assert status == 2 and said.startswith(
        "error: new.lmdb: expected a place to write to, received 'No space"
    )
    assert said.count("\n") == 1 and sorted(here.iterdir()) == before
