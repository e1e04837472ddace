import pytest

from ctckit.errors import InputError
from ctckit.sources.unlabelled import list_images
from tests.image.zips import make_zip
from tests.sources.folders import touch


def test_images_of_folders_and_zips_at_any_depth(tmp_path):
    names = ["a.png", "more/b.jpg", "more/deep/c.gif", "notes.txt"]
    touch(tmp_path / "set", *names)
    archive = make_zip(tmp_path / "set.zip", dict.fromkeys(names, b""))
    assert list_images(tmp_path / "set") == [str(tmp_path / "set" / name) for name in names[:3]]
    assert list_images(archive) == [f"{archive}!{name}" for name in names[:3]]
    assert list_images(f"{archive}!a.png") == [f"{archive}!a.png"]
    assert list_images(tmp_path / "set" / "a.png") == [str(tmp_path / "set" / "a.png")]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.csv", "image\na.png\nb.png\n"),
        ("x.csv", "image,label\na.png,x\nb.png,\n"),
        ("x.csv", "id;file\n1;a.png\n2;b.png\n"),
        ("x.txt", "a.png\nb.png\n"),
        ("x.txt", "# mine\n# all\na.png\nb.png\n"),
        ("gt.txt", "a.png\thello, world\nb.png\t\n"),
    ],
    ids=[
        "one column",
        "with labels",
        "semicolons",
        "a name a line",
        "comments",
        "with labels in a text file",
    ],
)
def test_images_of_lists(tmp_path, name, text):
    touch(tmp_path, "a.png", "b.png")
    (tmp_path / name).write_text(text)
    assert list_images(tmp_path / name) == [str(tmp_path / "a.png"), str(tmp_path / "b.png")]


def test_an_image_that_is_missing_is_named_in_reading(tmp_path):
    touch(tmp_path, "a.png")
    (tmp_path / "x.txt").write_text("a.png\ngone.png\n")
    assert list_images(tmp_path / "x.txt") == [str(tmp_path / "a.png"), str(tmp_path / "gone.png")]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nowhere", "nowhere does not exist"),
        ("empty", "found an empty folder"),
        ("notes.txt", "expected names of images in .*notes.txt"),
    ],
)
def test_no_images(tmp_path, name, message):
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("this is\nno list\n")
    with pytest.raises(InputError, match=message):
        list_images(tmp_path / name)


def test_images_of_other_layouts_that_are_missing_are_named_in_reading(tmp_path):
    touch(tmp_path, "a.png", "b.png")
    lines = "".join(f'{{"image": "{name}.png", "text": "x"}}\n' for name in ("a", "b", "gone"))
    (tmp_path / "x.jsonl").write_text(lines)
    found = list_images(tmp_path / "x.jsonl")
    assert found == [str(tmp_path / "a.png"), str(tmp_path / "b.png"), "gone.png"]
