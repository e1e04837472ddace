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


def test_a_new_folder_takes_the_place_of_an_empty_one(tmp_path):
    (tmp_path / "new").mkdir()
    with new_folder(tmp_path / "new") as folder:
        (folder / "file").write_text("x")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["file"]
