"""Words of a command line that name images."""

from pathlib import Path

import pytest

from ctckit.cli.image_words import images_of_words
from ctckit.errors import InputError
from tests.image.zips import make_zip
from tests.inference.tiny_model import write_image_in


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for place, name in (
        ("set", "b.png"), ("set", "a.png"), ("set/in", "c.jpg"), ("set/in/deep", "d.png"),
        ("set", "[1].png"),
    ):  # fmt: skip
        write_image_in(Path(place), name, "2")
    content = Path("set/a.png").read_bytes()
    make_zip(Path("set.zip"), {"in/x.png": content, "y.png": content})
    Path("list.txt").write_text("set/b.png\nset/in/c.jpg\n", encoding="utf-8")
    Path("list.csv").write_text("image\nset/b.png\nset/a.png\n", encoding="utf-8")
    Path("labels.csv").write_text("image,label\nset/a.png,22\nset/b.png,\n", encoding="utf-8")
    return tmp_path


WORDS = [
    (["set/a.png"], ["set/a.png"], "a file"),
    (["set/b.png", "set/a.png"], ["set/b.png", "set/a.png"], "files, in their order"),
    (["gone.png"], ["gone.png"], "found missing when it is read"),
    (["set"], {"set/a.png", "set/b.png", "set/[1].png", "set/in/c.jpg", "set/in/deep/d.png"},
     "a folder, at any depth"),
    (["set.zip"], {"set.zip!in/x.png", "set.zip!y.png"}, "an archive"),
    (["set.zip!y.png"], ["set.zip!y.png"], "a member of it"),
    (["set/?.png"], ["set/a.png", "set/b.png"], "a wildcard, sorted"),
    (["set/**/*.png"],
     ["set/[1].png", "set/a.png", "set/b.png", "set/in/deep/d.png"], "at any depth"),
    (["set/[1].png"], ["set/[1].png"], "a file whose name looks like a wildcard"),
    (["set/i*"], {"set/in/c.jpg", "set/in/deep/d.png"}, "a wildcard that matches a folder"),
    (["list.txt"], {"set/b.png", "set/in/c.jpg"}, "a list without labels"),
    (["list.csv"], {"set/b.png", "set/a.png"}, "a table without labels"),
    (["labels.csv"], {"set/a.png", "set/b.png"}, "a table with labels: all its images"),
    (["x" * 300], ["x" * 300], "a name too long for this system"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "images", "_why"), WORDS, ids=[row[2] for row in WORDS])
def test_images_of_words(folder, words, images, _why):
    found = images_of_words(map(Path, words))
    assert len(found) == len(set(found))
    assert (found if isinstance(images, list) else set(found)) == images


@pytest.mark.parametrize("word", ["*.png", "gone/**/*.jpg", "set/[x-z].png"])
def test_a_wildcard_that_matches_nothing(folder, word):
    with pytest.raises(InputError, match="expected files that match .*, received none; look"):
        images_of_words([Path("set/a.png"), Path(word)])


@pytest.mark.parametrize("word", ["empty", "notes.txt", "model.onnx"])
def test_what_holds_no_images(folder, word):
    Path("empty").mkdir()
    Path("notes.txt").write_text("nothing of this kind\n", encoding="utf-8")
    Path("model.onnx").write_bytes(b"\x08\x07")
    with pytest.raises(InputError) as caught:
        images_of_words([Path(word)])
    assert "\n" not in str(caught.value)
