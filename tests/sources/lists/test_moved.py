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
]


@pytest.mark.parametrize(("listed", "found", "_why"), FOUND)
def test_find(tmp_path, listed, found, _why):
    for folder, name in (("a", "1.png"), ("b", "1.png"), ("b", "only.png")):
        touch(tmp_path / folder, name)
    make_zip(tmp_path / "set.zip", {"in/a.png": b""})
    expected = found and str(tmp_path / found)
    assert MovedImages(tmp_path).find(listed) == expected


def test_no_such_folder(tmp_path):
    with pytest.raises(InputError, match="^images_root: expected the folder .*gone, which is"):
        MovedImages(tmp_path / "gone")
