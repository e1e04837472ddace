import logging
import shutil

import numpy as np
import pytest

from ctckit.errors import InputError
from ctckit.image.address import read_bytes
from ctckit.image.decode import ImageReader
from ctckit.sources.folders import find_images, group_images
from ctckit.sources.layouts import open_dataset
from tests.drawing import draw_folder
from tests.image.zips import change_member, make_zip
from tests.sources.folders import labels, touch

GROUPS = [
    # names, images by folder, why
    (["b.png", "a.png"], {"": ["a.png", "b.png"]}, "sorted"),
    (["a.png", "more/b.png"], {"": ["a.png"]}, "the outermost ones"),
    (["set/a.png", "set/more/b.png"], {"set": ["set/a.png"]}, "a folder encloses everything"),
    (["x/y/a.png", "x/b.txt"], {"x/y": ["x/y/a.png"]}, "two folders enclose everything"),
    (["two/a.png", "one/b.png"], {"one": ["one/b.png"], "two": ["two/a.png"]}, "several folders"),
    (["./a.png", "x//../b.jpg"], {"": ["./a.png"]}, "parts that lead nowhere do not count"),
    (["../x/a.png"], {"x": ["../x/a.png"]}, "packed from beside the folder"),
    (["__MACOSX/._a.png", "__MACOSX/b.png", ".a.png", ".x/c.png"], {}, "hidden"),
    (["a.txt", "png", "a.png.bak"], {}, "no images"),
    (["a.PNG", "b.JpEg"], {"": ["a.PNG", "b.JpEg"]}, "suffixes in any case"),
    (["12:40.png", "C:/a.png"], {"": ["12:40.png"]}, "a colon is no drive"),
    ([], {}, "nothing"),
]


@pytest.mark.parametrize(
    ("names", "groups"), [row[:2] for row in GROUPS], ids=[row[2] for row in GROUPS]
)
def test_groups(names, groups):
    assert group_images(names) == groups


def test_folder(tmp_path):
    texts = draw_folder(tmp_path / "set", count=5)
    touch(tmp_path / "set", "notes.txt", ".hidden.png")
    dataset = open_dataset(tmp_path / "set")
    assert dataset.name == "set"
    assert labels(dataset) == sorted(texts)
    assert dataset.samples[0].image == str(tmp_path / "set" / f"{sorted(texts)[0]}.png")
    assert not dataset.left_out


def test_all_suffixes_in_any_case(tmp_path):
    names = ["a.png", "b.JPG", "c.jpeg", "d.Bmp", "e.webp", "f.tif", "g.TIFF"]
    touch(tmp_path / "set", *names, "h.gif", "i")
    assert "".join(labels(open_dataset(tmp_path / "set"))) == "abcdefg"


def test_names_in_any_script(tmp_path):
    names = ["Ж5б", "验证码", "ä ö", "שלום", "e\u0301"]
    touch(tmp_path / "set", *(f"{name}.png" for name in names))
    assert set(labels(open_dataset(tmp_path / "set"))) == {"Ж5б", "验证码", "ä ö", "שלום", "é"}


def test_a_folder_that_looks_like_an_archive_is_a_folder(tmp_path):
    touch(tmp_path / "set.zip", "a.png")
    dataset = open_dataset(tmp_path / "set.zip")
    assert (dataset.name, labels(dataset)) == ("set.zip", ["a"])


def test_only_subfolder_with_images_is_meant(tmp_path):
    touch(tmp_path / "set", "inner/a.png", "empty/notes.txt", ".cache/b.png", "__MACOSX/c.png")
    dataset = open_dataset(tmp_path / "set")
    assert labels(dataset) == ["a"]
    assert dataset.samples[0].image == str(tmp_path / "set" / "inner" / "a.png")
    assert find_images(tmp_path / "set") == [tmp_path / "set" / "inner" / "a.png"]


def test_images_beside_subfolders_are_meant(tmp_path):
    touch(tmp_path / "set", "b.png", "a.png", "inner/c.png")
    assert labels(open_dataset(tmp_path / "set")) == ["a", "b"]
    assert find_images(tmp_path / "set") == [tmp_path / "set" / "a.png", tmp_path / "set" / "b.png"]


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_two_folders_with_images_are_not_guessed(tmp_path, packed):
    source = touch(tmp_path / "set", "one/a.png", "two/b.png")
    if packed:
        source = make_zip(tmp_path / "set.zip", {"one/a.png": b"", "two/b.png": b""})
    else:
        assert find_images(source) == []
    with pytest.raises(InputError, match=f"in {source}, .*images in several folders: one, two; g"):
        open_dataset(source)


def test_a_backslash_is_a_part_of_a_label_where_the_system_allows_it(tmp_path):
    touch(tmp_path / "set", r"\frac.png")
    assert labels(open_dataset(tmp_path / "set")) == [r"\frac"]


def test_counters_are_found_or_given(tmp_path):
    touch(tmp_path / "set", "00.png", "00.1.png", "17.png")
    members = dict.fromkeys(("set/00.png", "set/00.1.png", "set/17.png"), b"")
    archive = make_zip(tmp_path / "x.zip", members)
    for source in (tmp_path / "set", archive):
        assert labels(open_dataset(source)) == ["00", "00", "17"]
        assert labels(open_dataset(source, label_separator="")) == ["00.1", "00", "17"]
        assert labels(open_dataset(source, label_separator=".")) == ["00", "00", "17"]


def test_empty_labels_are_left_out(tmp_path):
    touch(tmp_path / "set", "_1.png", "ab_1.png", " .png")
    dataset = open_dataset(tmp_path / "set", label_separator="_")
    assert labels(dataset) == ["ab"]
    assert [record.reason for record in dataset.left_out] == ["empty label"] * 2


def test_only_empty_labels(tmp_path):
    touch(tmp_path / "set", "_1.png", "_2.png")
    with pytest.raises(InputError, match="none of 2 is: empty label"):
        open_dataset(tmp_path / "set", label_separator="_")


@pytest.mark.parametrize(
    ("names", "found"),
    [([], "an empty folder"), (["a.txt"], "no image"), (["x/y/a.png"], "no image")],
    ids=["empty", "no image", "too deep"],
)
def test_folder_without_images(tmp_path, names, found):
    touch(tmp_path / "set", *names)
    with pytest.raises(InputError, match=f"expected images .*png.* in .*set, .* {found}$"):
        open_dataset(tmp_path / "set")
    assert find_images(tmp_path / "set") == []


def test_zip_equals_its_folder_and_is_read_in_place(tmp_path):
    draw_folder(tmp_path / "set", count=4)
    shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path, "set")
    before = sorted(tmp_path.rglob("*"))
    packed, folder = open_dataset(tmp_path / "packed.zip"), open_dataset(tmp_path / "set")
    assert packed.name == "packed"
    assert labels(packed) == labels(folder)
    for mine, other in zip(packed.samples, folder.samples, strict=True):
        assert mine.image == f"{tmp_path / 'packed.zip'}!set/{mine.label}.png"
        assert read_bytes(mine.image) == read_bytes(other.image)
        assert np.array_equal(ImageReader()(mine.image, "")[0], ImageReader()(other.image, "")[0])
    assert sorted(tmp_path.rglob("*")) == before, "nothing is unpacked"
    assert open_dataset(tmp_path / "packed.zip") == packed


def test_zip_made_by_windows(tmp_path):
    names = ("photos\\b\\a1.png", "photos\\b\\b2.png", "photos\\notes.txt")
    archive = make_zip(tmp_path / "set.zip", {name: name.encode() for name in names})
    dataset = open_dataset(archive)
    assert labels(dataset) == ["a1", "b2"]
    assert [read_bytes(sample.image) for sample in dataset.samples] == [
        name.encode() for name in names[:2]
    ]


def test_zip_with_more_than_images(tmp_path):
    names = ("set/", "set/a.png", "set/b.JPG", "__MACOSX/set/._a.png", "set/.DS_Store", "set/n.txt")
    archive = make_zip(tmp_path / "SET.ZIP", dict.fromkeys(names, b""))
    dataset = open_dataset(archive)
    assert (dataset.name, labels(dataset)) == ("SET", ["a", "b"])


@pytest.mark.parametrize("files", [{}, {"notes.txt": b"x"}, {"__MACOSX/a.png": b""}])
def test_zip_without_images(tmp_path, files):
    archive = make_zip(tmp_path / "set.zip", files)
    with pytest.raises(InputError, match=r"expected images .*png.* in .*set\.zip, .* no image$"):
        open_dataset(archive)


def test_zip_that_is_none(tmp_path):
    (tmp_path / "set.zip").write_bytes(b"<html>")
    with pytest.raises(InputError, match=r"cannot read .*set\.zip: expected a zip archive"):
        open_dataset(tmp_path / "set.zip")


def test_zip_with_a_password(tmp_path):
    names = ("a.png", "b.png", "notes.txt")
    archive = make_zip(tmp_path / "set.zip", dict.fromkeys(names, b"content"))
    change_member(archive, "notes.txt", flags=1)
    assert labels(open_dataset(archive)) == ["a", "b"]
    change_member(archive, "b.png", flags=1)
    with pytest.raises(InputError, match=r"without a password in .*zip, received 1 .*: b\.png; p"):
        open_dataset(archive)


def test_zip_whose_names_are_in_an_unknown_encoding_is_told(tmp_path, caplog):
    archive = make_zip(tmp_path / "set.zip", {"a.png": b"", "京A1.png": b""})
    with caplog.at_level(logging.INFO, "ctckit"):
        assert labels(open_dataset(archive)) == ["a", "京A1"]
    assert not caplog.messages
    change_member(archive, "京A1.png", flags=0)
    with caplog.at_level(logging.INFO, "ctckit"):
        assert len(open_dataset(archive).samples) == 2
    (message,) = caplog.messages
    assert "1 names in" in message and "not marked as UTF-8" in message
