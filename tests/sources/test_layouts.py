import shutil

import pytest

from ctckit.data.samples import LeftOut, Sample
from ctckit.errors import InputError
from ctckit.sources.layouts import load_dataset
from tests.drawing import draw_folder
from tests.sources.test_archives import make_zip


def touch(folder, *names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"")
    return folder


def write_csv(path, text, encoding="utf-8"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))
    return path


def load(source, tmp_path, **options):
    return load_dataset(source, datasets_dir=tmp_path / "Datasets", **options)


def labels(dataset):
    return [sample.label for sample in dataset.samples]


def test_folder(tmp_path):
    texts = draw_folder(tmp_path / "set", count=5)
    touch(tmp_path / "set", "notes.txt", ".hidden.png")
    dataset = load(tmp_path / "set", tmp_path)
    assert dataset.name == "set"
    assert labels(dataset) == sorted(texts)
    assert dataset.samples[0].image == str(tmp_path / "set" / f"{sorted(texts)[0]}.png")
    assert not dataset.left_out


def test_all_suffixes_in_any_case(tmp_path):
    names = ["a.png", "b.JPG", "c.jpeg", "d.Bmp", "e.webp", "f.tif", "g.TIFF"]
    touch(tmp_path / "set", *names, "h.gif", "i")
    assert "".join(labels(load(tmp_path / "set", tmp_path))) == "abcdefg"


def test_names_in_any_script(tmp_path):
    names = ["Ж5б", "验证码", "ä ö", "שלום", "e\u0301"]
    touch(tmp_path / "set", *(f"{name}.png" for name in names))
    assert set(labels(load(tmp_path / "set", tmp_path))) == {"Ж5б", "验证码", "ä ö", "שלום", "é"}


def test_only_subfolder_with_images_is_meant(tmp_path):
    touch(tmp_path / "set" / "inner", "a.png")
    touch(tmp_path / "set" / "empty")
    assert load(tmp_path / "set", tmp_path).samples[0].label == "a"


def test_two_subfolders_with_images_are_not_guessed(tmp_path):
    touch(tmp_path / "set" / "one", "a.png")
    touch(tmp_path / "set" / "two", "b.png")
    with pytest.raises(InputError, match="images in several folders: one, two; give one"):
        load(tmp_path / "set", tmp_path)


def test_counters_are_found_or_given(tmp_path):
    touch(tmp_path / "set", "00.png", "00.1.png", "17.png")
    assert labels(load(tmp_path / "set", tmp_path)) == ["00", "00", "17"]
    assert labels(load(tmp_path / "set", tmp_path, label_separator="")) == ["00.1", "00", "17"]
    assert labels(load(tmp_path / "set", tmp_path, label_separator=".")) == ["00", "00", "17"]


def test_empty_labels_are_left_out(tmp_path):
    touch(tmp_path / "set", "_1.png", "ab_1.png", " .png")
    dataset = load(tmp_path / "set", tmp_path, label_separator="_")
    assert labels(dataset) == ["ab"]
    assert [record.reason for record in dataset.left_out] == ["empty label"] * 2


def test_only_empty_labels(tmp_path):
    touch(tmp_path / "set", "_1.png", "_2.png")
    with pytest.raises(InputError, match="none of 2 is: empty label"):
        load(tmp_path / "set", tmp_path, label_separator="_")


def test_zip_equals_its_folder(tmp_path):
    draw_folder(tmp_path / "set", count=4)
    shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path, "set")
    dataset = load(tmp_path / "packed.zip", tmp_path)
    assert dataset.name == "packed"
    assert labels(dataset) == labels(load(tmp_path / "set", tmp_path))
    assert dataset.samples[0].image.startswith(str(tmp_path / "Datasets" / "packed"))
    assert load(tmp_path / "packed.zip", tmp_path) == dataset


def test_csv(tmp_path):
    touch(tmp_path / "set", "b.png", "a.png")
    path = write_csv(tmp_path / "set" / "labels.csv", "image,label\nb.png,00123\na.png,1e5\n")
    dataset = load(path, tmp_path)
    assert dataset.name == "labels"
    assert dataset.samples == [
        Sample(str(tmp_path / "set" / "a.png"), "1e5"),
        Sample(str(tmp_path / "set" / "b.png"), "00123"),
    ]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("path,label\na.png,x\n", "utf-8"),
        ("filename,label\na.png,x\n", "utf-8"),
        ("label,image\nx,a.png\n", "utf-8"),
        ("id,image,label\n7,a.png,x\n", "utf-8"),
        ("image,label\r\na.png,x\r\n", "utf-8-sig"),
        ('image,label\n"a.png","x"\n', "utf-8"),
    ],
    ids=["path", "filename", "other order", "more columns", "Excel's BOM and line ends", "quoted"],
)
def test_csv_forms(tmp_path, text, encoding):
    touch(tmp_path, "a.png")
    assert labels(load(write_csv(tmp_path / "x.csv", text, encoding), tmp_path)) == ["x"]


def test_csv_labels_may_hold_anything(tmp_path):
    touch(tmp_path, "a.png", "b.png")
    text = 'image,label\na.png,"a,""b"""\nb.png,e\u0301\n'
    assert labels(load(write_csv(tmp_path / "x.csv", text), tmp_path)) == ['a,"b"', "é"]


def test_csv_paths_relative_to_the_working_directory_and_absolute(tmp_path, monkeypatch):
    touch(tmp_path / "images", "a.png", "b.png")
    monkeypatch.chdir(tmp_path)
    absolute = tmp_path / "images" / "b.png"
    text = f"image,label\nimages/a.png,a\n{absolute},b\n"
    dataset = load(write_csv(tmp_path / "lists" / "x.csv", text), tmp_path)
    assert sorted(labels(dataset)) == ["a", "b"]


def test_csv_without_some_labels(tmp_path):
    touch(tmp_path, "a.png", "b.png", "c.png")
    path = write_csv(tmp_path / "x.csv", "image,label\na.png,\nb.png,x\nc.png\n")
    dataset = load(path, tmp_path)
    assert labels(dataset) == ["x"]
    assert dataset.left_out == [
        LeftOut(str(tmp_path / "a.png"), "", "empty label"),
        LeftOut(str(tmp_path / "c.png"), "", "empty label"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected the columns image,label in .* found no header"),
        ("name,text\na.png,x\n", "expected the columns image,label in .* found name,text"),
        ("image;label\na.png;x\n", "found image;label"),
        ("image,label\n", "expected rows below the header"),
        ("image,label\na.png,x\nb.png,y\n", r"1 of 2 are missing: b\.png$"),
        ("image,label\n1,a\n2,a\n3,a\n4,a\n", "4 of 4 are missing: 1, 2, 3, …$"),
        ("image,label\n,x\n", r"1 of 1 are missing: \(no name\)"),
        ("image,label\na.png,x\na.png,x\n", "1 of 2 rows name one again: .*a.png; remove"),
        ("image,label\na.png,x\n./a.png,y\n", "rows name one again"),
    ],
    ids=[
        "empty file", "other columns", "semicolons", "no rows", "one missing", "many missing",
        "no name", "duplicate row", "the same file under two names",
    ],
)  # fmt: skip
def test_bad_csv(tmp_path, text, message):
    touch(tmp_path, "a.png")
    with pytest.raises(InputError, match=message) as caught:
        load(write_csv(tmp_path / "x.csv", text), tmp_path)
    assert "\n" not in str(caught.value)


def test_csv_in_another_encoding(tmp_path):
    path = write_csv(tmp_path / "x.csv", "image,label\nä.png,ä\n", "latin-1")
    with pytest.raises(InputError, match="CSV file in UTF-8"):
        load(path, tmp_path)


def test_nothing_there(tmp_path):
    with pytest.raises(InputError, match="nowhere does not exist"):
        load(tmp_path / "nowhere", tmp_path)


def test_empty_folder(tmp_path):
    touch(tmp_path / "set")
    with pytest.raises(InputError, match="expected images .*png.* found an empty folder"):
        load(tmp_path / "set", tmp_path)


def test_folder_without_images(tmp_path):
    touch(tmp_path / "set", "notes.txt")
    with pytest.raises(InputError, match="found no image"):
        load(tmp_path / "set", tmp_path)


def test_zip_without_images(tmp_path):
    archive = make_zip(tmp_path / "x.zip", {"notes.txt": b"x"})
    with pytest.raises(InputError, match="expected images"):
        load(archive, tmp_path)


def test_another_kind_of_file(tmp_path):
    touch(tmp_path, "a.png")
    with pytest.raises(InputError, match=r"a \.zip or a \.csv .* received the file .*a\.png"):
        load(tmp_path / "a.png", tmp_path)
