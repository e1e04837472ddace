import shutil

import cv2
import numpy as np
import pytest

from configs import ModelConfigs
from ctckit.errors import InputError
from ctckit.image.address import read_bytes
from ctckit.image.decode import ImageReader
from ctckit.sources.layouts import open_dataset
from ctckit.sources.names.folders import find_images
from ctckit.sources.options import SourceOptions
from tests.drawing import draw_folder
from tests.image.zips import change_member, make_zip, zip_in_code_page
from tests.sources.folders import labels, touch


def test_folder(tmp_path):
    texts = draw_folder(tmp_path / "set", count=5)
    touch(tmp_path / "set", "notes.txt", ".hidden.png")
    dataset = open_dataset(tmp_path / "set")
    assert dataset.name == "set"
    assert labels(dataset) == sorted(texts)
    assert dataset.samples[0].image == str(tmp_path / "set" / f"{sorted(texts)[0]}.png")
    assert not dataset.left_out


def test_all_suffixes_in_any_case(tmp_path):
    names = ["a.png", "b.JPG", "c.jpeg", "d.Bmp", "e.webp", "f.tif", "g.TIFF", "h.gif", "i.jfif"]
    names += ["j.ppm", "k.avif", "l.jp2"]
    touch(tmp_path / "set", *names, "m.pdf")
    dataset = open_dataset(tmp_path / "set")
    assert "".join(labels(dataset)) == "abcdefghijkl"
    assert "not used, no image: 1 file: m.pdf" in dataset.notes


def test_images_are_known_by_their_content_where_no_suffix_tells(tmp_path):
    image = cv2.imencode(".png", np.zeros((8, 8), np.uint8))[1].tobytes()
    touch(tmp_path / "set", "empty", "Thumbs.db", "desktop.ini")
    (tmp_path / "set" / "12.50").write_bytes(image)
    (tmp_path / "set" / "abc.image").write_bytes(image)
    (tmp_path / "set" / "text").write_text("no image")
    dataset = open_dataset(tmp_path / "set")
    assert labels(dataset) == ["12.50", "abc.image"]
    assert "not used, no image: 2 files: empty, text" in dataset.notes


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
    dataset = open_dataset(tmp_path / "set")
    assert labels(dataset) == ["a", "b"]
    assert "not used, in other folders: 1 image: inner/c.png" in dataset.notes


def test_a_stray_picture_beside_the_folder_of_images(tmp_path):
    names = [f"images/{label}.png" for label in ("ab", "cd", "ef")]
    touch(tmp_path / "set", "preview.png", *names)
    dataset = open_dataset(tmp_path / "set")
    assert labels(dataset) == ["ab", "cd", "ef"]
    assert "not used, in other folders: 1 image: preview.png" in dataset.notes


def source_of(tmp_path, packed, *names):
    """Return a folder of empty files, or a zip archive of them."""
    if packed:
        return make_zip(tmp_path / "set.zip", dict.fromkeys(names, b""))
    return touch(tmp_path / "set", *names)


PACKED = pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])


@PACKED
def test_labelled_images_in_several_folders(tmp_path, packed):
    source = source_of(tmp_path, packed, "one/ab.png", "two/cd.png", "two/more/ef.png")
    dataset = open_dataset(source)
    assert sorted(labels(dataset)) == ["ab", "cd", "ef"]
    assert dataset.layout == "names: file names"


@PACKED
@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["A/1.png", "A/2.png", "B/1.png", "B/2.png"], "AABB"),
        (["A/1.png", "B/1.png"], "AB"),
        (["A/1.png", "B/2.png", "C/3.png", "D/4.png", "E/5.png"], "ABCDE"),
        (["cat/img_1.png", "cat/img_2.png", "dog/img_1.png"], ["cat", "cat", "dog"]),
        (["cat/cat_7.png", "dog/dog_9.png"], ["cat", "dog"]),
        (["x/cat/scan.png", "x/dog/scan.png"], ["cat", "dog"]),
        (["a/xx.png", "b/yy.png"], "ab"),
        (["preview.png", *(f"{c}/{n}.png" for c in "AB" for n in range(20))], "A" * 20 + "B" * 20),
    ],
    ids=["numbers", "one each", "numbers over all", "words and numbers", "name of the folder again",
         "below another", "folders of one character", "a stray picture"],
)  # fmt: skip
def test_a_folder_for_each_label(tmp_path, packed, names, expected):
    dataset = open_dataset(source_of(tmp_path, packed, *names))
    assert labels(dataset) == list(expected)
    assert dataset.layout == "folders: the folders that the images lie in"


@PACKED
def test_the_same_numbers_in_folders_that_may_be_parts(tmp_path, packed):
    names = [f"{label}/{part}/{n}.png" for label in ("ab", "cd") for part in ("train", "test")
             for n in range(8)]  # fmt: skip
    source = source_of(tmp_path, packed, *names)
    for options in (SourceOptions(), SourceOptions(ignore_case=True), ModelConfigs()):
        with pytest.raises(InputError, match="the same numbers in 4 folders, such as ab/te"):
            open_dataset(source, options)
    assert len(open_dataset(source, SourceOptions(layout="names")).everything) == 32


@PACKED
def test_folders_that_are_no_labels_either(tmp_path, packed):
    names = [f"batch_{n % 3}/{n:032x}.png" for n in range(2**120, 2**120 + 9)]
    with pytest.raises(InputError, match="received 32 hexadecimal digits each"):
        open_dataset(source_of(tmp_path, packed, *names))


@PACKED
@pytest.mark.parametrize(
    ("names", "parts"),
    [
        (["train/ab.png", "train/cd.png", "test/ef.png"], (["ab", "cd"], [], ["ef"])),
        (["Train/ab.png", "valid/cd.png", "TEST/ef.png"], (["ab"], ["cd"], ["ef"])),
        (["images/train/ab.png", "images/val/cd.png"], (["ab"], ["cd"], [])),
        (["train/A/1.png", "train/B/1.png", "val/A/7.png"], (["A", "B"], ["A"], [])),
        (["train/ab.png", "test/cd.png", "more/ef.png"], (["ef", "cd", "ab"], [], [])),
        (["train/0.png", "train/0.1.png", "test/7.1.png"], (["0", "0"], [], ["7"])),
    ],
    ids=["train, test", "three, in any case", "in a folder of images", "a folder for each label",
         "a folder that is no part", "a rule for all of them"],
)  # fmt: skip
def test_the_parts_that_a_set_came_in(tmp_path, packed, names, parts):
    dataset = open_dataset(source_of(tmp_path, packed, *names))
    found = dataset.samples, dataset.validation, dataset.test
    assert tuple([label for _, label in part] for part in found) == parts


def test_a_link_that_leads_up_is_not_followed(tmp_path):
    source = touch(tmp_path / "set", "ab.png", "cd.png")
    (source / "loop").symlink_to(source)
    assert labels(open_dataset(source)) == ["ab", "cd"]


def test_a_backslash_is_a_part_of_a_label_where_the_system_allows_it(tmp_path):
    touch(tmp_path / "set", r"\frac.png")
    assert labels(open_dataset(tmp_path / "set")) == [r"\frac"]


def test_counters_are_found_or_given(tmp_path):
    touch(tmp_path / "set", "00.png", "00.1.png", "17.png")
    members = dict.fromkeys(("set/00.png", "set/00.1.png", "set/17.png"), b"")
    archive = make_zip(tmp_path / "x.zip", members)
    for source in (tmp_path / "set", archive):
        assert labels(open_dataset(source)) == ["00", "00", "17"]
        assert labels(open_dataset(source, SourceOptions(label_separator=""))) == [
            "00.1",
            "00",
            "17",
        ]
        assert labels(open_dataset(source, SourceOptions(label_separator="."))) == [
            "00",
            "00",
            "17",
        ]


def test_empty_labels_are_left_out(tmp_path):
    touch(tmp_path / "set", "_1.png", "ab_1.png", " .png")
    dataset = open_dataset(tmp_path / "set", SourceOptions(label_separator="_"))
    assert labels(dataset) == ["ab"]
    assert [record.reason for record in dataset.left_out] == ["empty label"] * 2


def test_only_empty_labels(tmp_path):
    touch(tmp_path / "set", "_1.png", "_2.png")
    with pytest.raises(InputError, match="none of 2 is: empty label"):
        open_dataset(tmp_path / "set", SourceOptions(label_separator="_"))


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ([], "an empty folder"),
        (["a.txt", "b.xml"], "other files: a.txt, b.xml"),
        (["x/.a"], "an empty folder"),
    ],
    ids=["empty", "other files", "empty folders"],
)
def test_folder_without_images(tmp_path, names, found):
    touch(tmp_path / "set", *names)
    with pytest.raises(InputError, match=f"expected images .*png.* in .*set.*, .* {found}$"):
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


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({}, "an empty folder"),
        ({"n.txt": b"x"}, "other files: n.txt"),
        ({"__MACOSX/a.png": b""}, "an"),
    ],
)
def test_zip_without_images(tmp_path, files, found):
    archive = make_zip(tmp_path / "set.zip", files)
    with pytest.raises(InputError, match=rf"expected images .*png.* in .*set\.zip, found {found}"):
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


@pytest.mark.parametrize(
    ("texts", "encoding"),
    [
        (["東京1", "さくら2", "カタカナ", "日本語テキスト"], "cp932"),
        (["Müller", "Jürgen", "Größe", "Straße"], "cp437"),
        (["привет", "слово", "молоко"], "cp866"),
        (["京A12345", "沪C21F13"], "utf-8"),
    ],
)
def test_zip_whose_names_are_in_a_code_page(tmp_path, texts, encoding):
    archive = zip_in_code_page(tmp_path / "set.zip", texts, encoding)
    dataset = open_dataset(archive)
    assert sorted(labels(dataset)) == sorted(texts)
    for image, label in dataset.samples:
        assert read_bytes(image) == label.encode()


def test_zip_whose_names_could_be_in_several_code_pages_is_refused(tmp_path):
    archive = zip_in_code_page(tmp_path / "set.zip", ["京PL3N67", "川JK0707", "沪AMS087"], "gbk")
    with pytest.raises(
        InputError, match=r"set\.zip: expected names in UTF-8, .*京PL3N67.png \(gb1"
    ):
        open_dataset(archive)
