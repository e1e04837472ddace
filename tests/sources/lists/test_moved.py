import pytest

from ctckit.errors import InputError
from ctckit.sources.lists.moved import MovedImages
from tests.image.zips import make_zip
from tests.sources.folders import touch

FOUND = [
    ("a/1.png", "a/1.png", "by the path that the list has"),
    ("1.png", "", "two files have that name"),
    ("old/only.png", "b/only.png", "by its name"),
    ("/gone/photos/only.png", "b/only.png", "absolute, as lists of version 0.2 have it"),
    (r"C:\photos\only.png", "b/only.png", "absolute, on Windows"),
    ("set.zip!in/a.png", "set.zip!in/a.png", "in an archive"),
    ("/gone/set.zip!in/a.png", "set.zip!in/a.png", "in an archive that is found by its name"),
    ("/gone/other.zip!in/only.png", "b/only.png", "in an archive that was unpacked"),
    ("/gone/set.zip!in/gone.png", "", "no such member"),
    ("gone.png", "", "no such file"),
    ("../outside.png", "", "it leads out of the folder"),
    ("a/../../outside.png", "", "this, too"),
    ("{outside}.png", "", "and this"),
    ("../outside.zip!a.png", "", "in an archive"),
    ("a/../b/only.png", "a/../b/only.png", "it does not"),
]


@pytest.mark.parametrize(("listed", "found", "_why"), FOUND)
def test_find(tmp_path, listed, found, _why):
    root = touch(tmp_path / "root", "a/1.png", "b/1.png", "b/only.png")
    touch(tmp_path, "outside.png")
    make_zip(root / "set.zip", {"in/a.png": b""})
    make_zip(tmp_path / "outside.zip", {"a.png": b""})
    expected = found and str(root / found)
    assert MovedImages(root).find(listed.format(outside=tmp_path / "outside")) == expected


def test_no_such_folder(tmp_path):
    with pytest.raises(InputError, match="^images_root: expected the folder .*gone, which is"):
        MovedImages(tmp_path / "gone")
