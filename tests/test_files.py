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
