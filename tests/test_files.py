import os
import stat
from pathlib import Path

import pytest

from ctckit.errors import InputError
from ctckit.files import new_folder, replace_atomically


def test_new_file_in_a_new_folder(tmp_path):
    with replace_atomically(tmp_path / "a" / "b.txt") as temporary:
        temporary.write_text("new")
        assert temporary.suffix == ".txt"
        assert not (tmp_path / "a" / "b.txt").exists()
    assert (tmp_path / "a" / "b.txt").read_text() == "new"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.txt"]


def test_a_failure_leaves_the_old_file(tmp_path):
    path = tmp_path / "b.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), replace_atomically(path) as temporary:
        temporary.write_text("half of the n")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_nowhere_to_write(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(InputError, match="expected a place to write to, received"),
        replace_atomically(tmp_path / "file" / "b.txt"),
    ):
        pass
    with (
        pytest.raises(InputError, match="file: expected a place to write to, received"),
        new_folder(tmp_path / "file" / "folder"),
    ):
        pass


def test_a_new_folder_never_takes_the_place_of_something_else(tmp_path):
    (tmp_path / "file").touch()
    for taken in (tmp_path, tmp_path / "file"):
        with (
            pytest.raises(InputError, match=f"^{taken}: .*received one that holds something else"),
            new_folder(taken),
        ):
            pass
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_new_folder_appears_only_when_the_block_succeeds(tmp_path):
    with pytest.raises(KeyboardInterrupt), new_folder(tmp_path / "new") as folder:
        (folder / "half").write_text("x")
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", [".", "../here"])
def test_the_folder_that_one_stands_in_is_filled(tmp_path, monkeypatch, name):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    before = here.stat().st_ino
    with new_folder(Path(name)) as folder:
        (folder / "inner").mkdir()
        (folder / "inner" / "a.txt").write_text("a")
    assert Path("inner/a.txt").read_text() == "a" and here.stat().st_ino == before
    assert [path.name for path in tmp_path.iterdir()] == ["here"]


def test_a_new_folder_takes_the_place_of_an_empty_one(tmp_path):
    (tmp_path / "new").mkdir()
    with new_folder(tmp_path / "new") as folder:
        (folder / "file").write_text("x")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["file"]


# What is there after a power failure


@pytest.fixture
def happened(monkeypatch):
    """Return a list of what is waited for, with the bytes of a file, and what gets its name."""
    order = []

    def noted(function, describe):
        def call(*arguments):
            order.append(describe(*arguments))
            return function(*arguments)

        return call

    def waited_for(handle):
        status = os.fstat(handle)
        return ("folder", status.st_ino) if stat.S_ISDIR(status.st_mode) else status.st_size

    monkeypatch.setattr(os, "fsync", noted(os.fsync, waited_for))
    monkeypatch.setattr(Path, "replace", noted(Path.replace, lambda _, new: f"named {new.name}"))
    monkeypatch.setattr(Path, "rename", noted(Path.rename, lambda _, new: f"named {new.name}"))
    if hasattr(os, "sync"):
        monkeypatch.setattr(os, "sync", noted(os.sync, lambda: "all"))
    return order


def test_a_file_is_on_the_disk_before_it_takes_its_name_and_then_the_name(tmp_path, happened):
    with replace_atomically(tmp_path / "b.txt") as temporary:
        temporary.write_text("new")
        assert not happened
    names = [] if os.name == "nt" else [("folder", tmp_path.stat().st_ino)]
    assert happened == [len("new"), "named b.txt", *names]


@pytest.mark.skipif(not hasattr(os, "sync"), reason="Windows has nothing that waits for all files")
def test_the_files_of_a_new_folder_are_on_the_disk_before_it_takes_its_name(tmp_path, happened):
    with new_folder(tmp_path / "new") as folder:
        (folder / "file").write_text("x")
        assert not happened
    assert happened == ["all", "named new"]
