import pytest

from ctckit.data.samples import LeftOut, Sample, write_csv
from ctckit.errors import InputError
from ctckit.sources.layouts import open_dataset
from ctckit.sources.options import SourceOptions
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
        ("filename,words\na.png,x\n", "utf-8"),
        ("image_path,plate_text\na.png,x\n", "utf-8"),
        ("file_name,text\na.png,x\n", "utf-8"),
        ("Image,Label\na.png,x\n", "utf-8"),
        ("image, label\na.png, x\n", "utf-8"),
        (" File Name , Ground Truth \na.png,x\n", "utf-8"),
        ("image;label\na.png;x\n", "utf-8"),
        ("image\tlabel\na.png\tx\n", "utf-8"),
        ("nr,solution\na.png,x\n", "utf-8"),
        ("a.png,x\n", "utf-8"),
        ("x,a.png\n", "utf-8"),
        ("image,label\nset\\a.png,x\n", "utf-8"),
        ("image,label\nC:\\data\\set\\a.png,x\n", "utf-8"),
        ("image,label\nA,x\n", "utf-8"),
        ("image,label\na.png,x\n", "utf-16"),
        ("id,image,label\n7,a.png,x\n", "utf-8"),
        ("image,label\r\na.png,x\r\n", "utf-8-sig"),
        ('image,label\n"a.png","x"\n', "utf-8"),
    ],
    ids=[
        "path",
        "filename",
        "other order",
        "filename, words",
        "image_path, plate_text",
        "file_name, text",
        "Image, Label",
        "blanks",
        "blanks within",
        "semicolons",
        "tabs",
        "unknown names of two columns",
        "no header",
        "no header, label first",
        "path of Windows",
        "absolute path of Windows",
        "no suffix, another case",
        "UTF-16",
        "more columns",
        "Excel's BOM and line ends",
        "quoted",
    ],  # fmt: skip
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
        ("", "expected rows in .*x.csv, received none"),
        ("name,text,more\nq.png,x,1\n", "columns: expected .* name, text, more"),
        ("image,label\n", "expected rows in .*x.csv, received none"),
        ("image,label\na.png,x\nb.png,y\n", r"1 of 2 are missing: b\.png; give"),
        ("image,label\n1,a\n2,a\n3,a\n4,a\n", "4 of 4 are missing: 1, 2, 3, …; give"),
        ("image,label\n,x\n", r"1 of 1 are missing: \(no name\)"),
        ("image,label\nset.zip!gone.png,x\n", r"1 of 1 are missing: set\.zip!gone\.png"),
        ("image,label\ngone.zip!a.png,x\n", r"1 of 1 are missing: gone\.zip!a\.png"),
        ("image,label\nfake.zip!a.png,x\n", r"cannot read .*fake\.zip: expected a zip archive"),
        ("image,label\na.png,x\na.png,y\n", r"1 are .* 'x' and 'y' \(lines 2 and 3\)"),
        ("image,label\na.png,x\n./a.png,y\n", "are given another one again"),
        ("image,label\nset.zip!a.png,x\n./set.zip!a.png,y\n", "are given another one again"),
        ("image,label\na.png,Hello, world\n", r"1 row with more, in line 2: a.png \| Hello \|  w"),
        ("a.png,x\na.png,Hello, world\n", "expected 2 fields in each row of .* in line 2"),
        ('image,label\na.png,"5\nb.png,6\nc.png,7"\n', 'in line 2 a quote opens, "5, .* 2 more l'),
        ('image,label\na.png,"5\nb.png,6\n', "from line 2 on: unexpected end of data"),
        ('image,label\na.png,"5"x\n', "a row that is none, from line 2 on"),
        ("1,a.png,x\n", "columns: expected columns called"),
        ("image,label\na.png," + "x" * 200_000, "from line 2 on: field larger than field limit"),
        ("image,label\na.png,x" + "," * 5000, "up to 1000 columns in .*x.csv, received 5,002"),
        ("image,label" + ",c" * 5000 + "\n", "up to 1000 columns in .*x.csv, received 5,002"),
        ("image,label\na.png,x\0y\n", "to be text in UTF-8, received a binary file"),
        ("image,label\na.png,x" + ",y" * 900, r"1 row with more, in line 2: .{200}; quote"),
    ],
    ids=[
        "empty file", "other columns", "no rows", "one missing", "many missing",
        "no name", "member missing", "archive missing", "no archive", "two labels",
        "the same file under two names", "the same member under two names", "a comma in a label",
        "a comma in a label, no header", "a quote that swallows rows", "a quote that never closes",
        "something behind a quote", "three columns without names",
        "a very long label", "very many columns", "very many names of columns", "NUL",
        "many columns more than the header has",
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
    with pytest.raises(InputError, match="expected .*x.csv to be text in UTF-8, received one that"):
        open_dataset(path)


def test_a_row_that_is_there_twice_counts_once(tmp_path):
    touch(tmp_path, "a.png", "b.png")
    text = "image,label\na.png,x\nb.png,y\na.png,x\n"
    dataset = open_dataset(write(tmp_path / "x.csv", text))
    assert labels(dataset) == ["x", "y"]
    assert dataset.notes[0] == "not used, as they repeat an earlier one: 1 row of x.csv"


def test_some_missing_images_are_left_out(tmp_path):
    touch(tmp_path, "a.png", "b.png", "c.png")
    text = "image,label\na.png,x\nb.png,y\nc.png,z\ngone.png,q\n"
    dataset = open_dataset(write(tmp_path / "x.csv", text))
    assert labels(dataset) == ["x", "y", "z"]
    assert dataset.left_out == [LeftOut("gone.png", "q", "no such file")]


def test_blanks_around_labels_are_removed_and_counted(tmp_path):
    touch(tmp_path, "a.png", "b.png", "c.png")
    text = "image,label\na.png, abc\nb.png,abd \nc.png,a b\n"
    dataset = open_dataset(write(tmp_path / "x.csv", text))
    assert labels(dataset) == ["abc", "abd", "a b"]
    assert "2 labels have blanks at an end, which are removed, such as ' abc'" in dataset.notes


@pytest.mark.parametrize(
    ("text", "columns", "expected"),
    [
        ("id,image,label,plate\n1,a.png,x,Q1\n", "image,plate", "Q1"),
        ("id,image,label,plate\n1,a.png,x,Q1\n", "Image, Plate", "Q1"),
        ("1;a.png;x;Q1\n", "2,4", "Q1"),
        ("id,image,label,plate\n1,a.png,x,Q1\n", "2,4", "Q1"),
    ],
)
def test_columns_that_are_given(tmp_path, text, columns, expected):
    touch(tmp_path, "a.png")
    options = SourceOptions(columns=columns)
    assert labels(open_dataset(write(tmp_path / "x.csv", text), options)) == [expected]


def test_a_label_in_a_list_of_tabs_may_begin_with_a_quote(tmp_path):
    touch(tmp_path, "a.png", "b.png")
    path = write(tmp_path / "gt.txt", 'a.png\t"5\nb.png\tHello, "world"\n')
    assert labels(open_dataset(path)) == ['"5', 'Hello, "world"']


def test_a_list_parted_by_blanks(tmp_path):
    touch(tmp_path, "a.png", "b.png")
    assert labels(open_dataset(write(tmp_path / "gt.txt", "a.png x y\nb.png z\n"))) == ["x y", "z"]


def test_a_list_given_by_itself_is_that_list_alone(tmp_path):
    """The lists of a run lie beside each other, and it is judged on one of them."""
    touch(tmp_path, "a.png", "b.png")
    write(tmp_path / "train.csv", "image,label\na.png,x\n")
    path = write(tmp_path / "val.csv", "image,label\nb.png,y\n")
    assert open_dataset(path).everything == [Sample(str(tmp_path / "b.png"), "y")]


def test_a_list_names_images_by_absolute_paths(tmp_path):
    touch(tmp_path / "photos", "a.png", "b.png")
    rows = "".join(f"{tmp_path / 'photos' / name},{name[0]}\n" for name in ("a.png", "b.png"))
    path = write(tmp_path / "run" / "val.csv", "image,label\n" + rows)
    assert list(open_dataset(path).samples) == [
        Sample(str(tmp_path / "photos" / name), name[0]) for name in ("a.png", "b.png")
    ]


def test_images_of_a_list_that_were_moved(tmp_path):
    touch(tmp_path / "now" / "deep", "a.png", "b.png")
    path = write(tmp_path / "run" / "val.csv", "image,label\n/gone/a.png,a\nold/b.png,b\n")
    with pytest.raises(InputError, match="2 of 2 are missing"):
        open_dataset(path)
    found = open_dataset(path, SourceOptions(images_root=str(tmp_path / "now")))
    assert list(found.samples) == [
        Sample(str(tmp_path / "now" / "deep" / name), name[0]) for name in ("a.png", "b.png")
    ]
    with pytest.raises(InputError, match="^images_root: expected the folder"):
        open_dataset(path, SourceOptions(images_root=str(tmp_path / "gone")))


@pytest.mark.parametrize("sign", [" -> ", "=>", " = ", "=", ": "])
def test_a_list_parted_by_a_sign(tmp_path, sign):
    touch(tmp_path, "a.png", "b.png")
    text = f"a.png{sign}x y\nb.png{sign}z=1, a:b\n"
    assert labels(open_dataset(write(tmp_path / "gt.txt", text))) == ["x y", "z=1, a:b"]


@pytest.mark.parametrize(("delimiter", "quote"), [("\t", '"'), (" ", '"'), (",", "'")])
def test_quotes_around_all_labels_are_dropped(tmp_path, delimiter, quote):
    names = [f"{n}.png" for n in range(6)]
    touch(tmp_path, *names)
    text = "".join(f"{name}{delimiter}{quote}t{name}{quote}\n" for name in names)
    dataset = open_dataset(write(tmp_path / "gt.txt", text))
    assert labels(dataset) == [f"t{name}" for name in names]
    assert dataset.layout.endswith(f"without the {quote} around all labels")


def test_labels_that_programs_write_where_there_is_none(tmp_path):
    touch(tmp_path, "a.png", "b.png", "c.png")
    text = "image,label\na.png,NaN\nb.png,nan\nc.png,abc\n"
    dataset = open_dataset(write(tmp_path / "x.csv", text))
    assert "2 labels such as 'NaN': perhaps there is none" in dataset.notes


@pytest.mark.parametrize("text", ["# mine\nimage,label\na.png,x\n", "# mine\n\n#\na.png\tx\n"])
def test_comments_above_a_list_are_skipped(tmp_path, text):
    touch(tmp_path, "a.png")
    assert labels(open_dataset(write(tmp_path / "x.csv", text))) == ["x"]


def test_of_several_columns_for_labels_that_one_counts_that_tells_images_apart(tmp_path):
    touch(tmp_path, "a.png", "b.png", "c.png")
    text = "filename,label,text\na.png,car,X1\nb.png,car,Y2\nc.png,bus,Z3\n"
    assert labels(open_dataset(write(tmp_path / "x.csv", text))) == ["X1", "Y2", "Z3"]


def test_images_whose_names_begin_as_comments_are_no_comments(tmp_path):
    touch(tmp_path, "#1.png", "#2.png")
    text = "# mine\n#1.png,x\n#2.png,y\n"
    assert labels(open_dataset(write(tmp_path / "x.csv", text))) == ["x", "y"]


@pytest.mark.parametrize("number", [1, 100_000])
def test_many_comments_above_a_list_are_skipped(tmp_path, number):
    touch(tmp_path, "a.png")
    path = write(tmp_path / "x.csv", "#\n" * number + "image,label\na.png,x\na.png,y\n")
    with pytest.raises(InputError, match=rf"lines {number + 2} and {number + 3}\)"):
        open_dataset(path)


@pytest.mark.parametrize("label", ["x" * 100_000, "é" * 1000, "\x1b[2J", "\u202e", "a\u2028b"])
def test_odd_labels_are_kept_as_they_are(tmp_path, label):
    touch(tmp_path, "a.png")
    path = write(tmp_path / "x.csv", f"image,label\r\na.png,{label}\r\n", "utf-8-sig")
    assert labels(open_dataset(path)) == [label]
