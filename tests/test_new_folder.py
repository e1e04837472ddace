import pytest

from ctckit.files import new_folder


def test_appears_only_when_the_block_succeeds(tmp_path):
    with pytest.raises(KeyboardInterrupt), new_folder(tmp_path / "new") as folder:
        (folder / "half").write_text("x")
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_takes_the_place_of_an_empty_one(tmp_path):
    (tmp_path / "new").mkdir()
    with new_folder(tmp_path / "new") as folder:
        (folder / "file").write_text("x")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["file"]
