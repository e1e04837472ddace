import pytest

from ctckit.data.samples import LeftOut, Sample, write_csv
from ctckit.errors import InputError
from ctckit.sources.layouts import open_dataset
from tests.image.zips import make_zip
from tests.sources.folders import labels, touch


def write(path, text, encoding="utf-8"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))
    return path


def test_csv(tmp_path):
    touch(tmp_path / "set", "b.png", "a.png")
    path = write(tmp_path / "set" / "labels.csv", "image,label\nb.png,00123\na.png,1e5\n")
    assert list(open_dataset(path).samples) == [
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
    assert labels(open_dataset(write(tmp_path / "x.csv", text, encoding))) == ["x"]


def test_csv_labels_may_hold_anything(tmp_path):
    touch(tmp_path, "a.png", "b.png")
    text = 'image,label\na.png,"a,""b"""\nb.png,e\u0301\n'
    assert labels(open_dataset(write(tmp_path / "x.csv", text))) == ['a,"b"', "é"]


def test_csv_paths_relative_to_the_working_directory_and_absolute(tmp_path, monkeypatch):
    touch(tmp_path / "images", "a.png", "b.png")
    monkeypatch.chdir(tmp_path)
    absolute = tmp_path / "images" / "b.png"
    text = f"image,label\nimages/a.png,a\n{absolute},b\n"
    dataset = open_dataset(write(tmp_path / "lists" / "x.csv", text))
    assert sorted(labels(dataset)) == ["a", "b"]


def test_csv_of_members_of_archives(tmp_path, monkeypatch):
    """As a run writes them, and by hand, relative to the CSV or to the working directory."""
    make_zip(tmp_path / "set.zip", {"in/a.png": b"a", "in\\b.png": b"b"})
    text = "image,label\nset.zip!in/a.png,A\nset.zip!in\\b.png,B\n"
    expected = [
        Sample(f"{tmp_path / 'set.zip'}!in/a.png", "A"),
        Sample(f"{tmp_path / 'set.zip'}!in\\b.png", "B"),
    ]
    assert list(open_dataset(write(tmp_path / "x.csv", text)).samples) == expected
    monkeypatch.chdir(tmp_path)
    dataset = open_dataset(write(tmp_path / "lists" / "x.csv", text))
    again = write_csv(dataset.samples, tmp_path / "runs" / "val.csv")
    monkeypatch.chdir(tmp_path / "lists")
    assert list(open_dataset(again).samples) == expected


def test_csv_without_some_labels(tmp_path):
    touch(tmp_path, "a.png", "b.png", "c.png")
    path = write(tmp_path / "x.csv", "image,label\na.png,\nb.png,x\nc.png\n")
    dataset = open_dataset(path)
    assert labels(dataset) == ["x"]
    assert dataset.left_out == [
        LeftOut(str(tmp_path / "a.png"), "", "empty label"),
        LeftOut(str(tmp_path / "c.png"), "", "empty label"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected the columns image,label in .* no header"),
        ("name,text\na.png,x\n", "expected the columns image,label in .* name,text"),
        ("image;label\na.png;x\n", " image;label"),
        ("image,label\n", "expected rows below the header"),
        ("image,label\na.png,x\nb.png,y\n", r"1 of 2 are missing: b\.png; give"),
        ("image,label\n1,a\n2,a\n3,a\n4,a\n", "4 of 4 are missing: 1, 2, 3, …; give"),
        ("image,label\n,x\n", r"1 of 1 are missing: \(no name\)"),
        ("image,label\nset.zip!gone.png,x\n", r"1 of 1 are missing: set\.zip!gone\.png"),
        ("image,label\ngone.zip!a.png,x\n", r"1 of 1 are missing: gone\.zip!a\.png"),
        ("image,label\nfake.zip!a.png,x\n", r"cannot read .*fake\.zip: expected a zip archive"),
        ("image,label\na.png,x\na.png,x\n", "1 of 2 rows name one again: .*a.png; remove"),
        ("image,label\na.png,x\n./a.png,y\n", "rows name one again"),
        ("image,label\nset.zip!a.png,x\n./set.zip!a.png,y\n", "rows name one again"),
    ],
    ids=[
        "empty file", "other columns", "semicolons", "no rows", "one missing", "many missing",
        "no name", "member missing", "archive missing", "no archive", "duplicate row",
        "the same file under two names", "the same member under two names",
    ],
)  # fmt: skip
def test_bad_csv(tmp_path, text, message):
    touch(tmp_path, "a.png")
    make_zip(tmp_path / "set.zip", {"a.png": b"a"})
    (tmp_path / "fake.zip").write_text("no archive")
    with pytest.raises(InputError, match=message) as caught:
        open_dataset(write(tmp_path / "x.csv", text))
    assert "\n" not in str(caught.value)


def test_csv_in_another_encoding(tmp_path):
    path = write(tmp_path / "x.csv", "image,label\nä.png,ä\n", "latin-1")
    with pytest.raises(InputError, match="CSV file in UTF-8"):
        open_dataset(path)
