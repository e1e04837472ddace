import pytest

from ctckit.data.samples import LeftOut
from ctckit.errors import InputError
from ctckit.sources.layouts import log_source, open_dataset
from ctckit.sources.options import SourceOptions
from tests.image.zips import make_zip
from tests.sources.folders import labels, touch

PLATES = {f"{n:06}.png": f"AB{n:03}" for n in range(1, 101)}


def lay_out(tmp_path, packed, files):
    """Make a folder, or a zip archive, of files with these texts."""
    if packed:
        return make_zip(tmp_path / "set.zip", {name: text.encode() for name, text in files.items()})
    touch(tmp_path / "set", *files)
    for name, text in files.items():
        (tmp_path / "set" / name).write_text(text, encoding="utf-8")
    return tmp_path / "set"


def tabs(rows):
    return "".join(f"{image}\t{label}\n" for image, label in rows.items())


def commas(rows):
    return "image,label\n" + "".join(f"{image},{label}\n" for image, label in rows.items())


PACKED = pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
IMAGES = dict.fromkeys(PLATES, "")


@PACKED
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("gt.txt", tabs(PLATES)),
        ("labels.txt", tabs(PLATES)),
        ("labels.csv", commas(PLATES)),
        ("labels.tsv", commas(PLATES).replace(",", "\t")),
        ("rec_gt.txt", tabs({f"set/{image}": label for image, label in PLATES.items()})),
        ("annotation.txt", tabs(PLATES).replace("\t", " ")),
        ("annotations_2024.csv", commas(PLATES).replace(",", ";")),
        ("my captchas.csv", commas(PLATES)),
        ("Labels.CSV", commas(PLATES)),
    ],
)
def test_a_list_beside_the_images_wins(tmp_path, packed, name, text):
    dataset = open_dataset(
        lay_out(tmp_path, packed, IMAGES | {name: text, "README.txt": "a.png x"})
    )
    assert labels(dataset) == list(PLATES.values())
    assert dataset.layout.startswith(f"list: {name}: columns ")


@PACKED
@pytest.mark.parametrize("folder", ["images", "img", "crops"])
def test_images_in_a_folder_beside_the_list(tmp_path, packed, folder):
    files = {f"{folder}/{image}": "" for image in PLATES}
    dataset = open_dataset(lay_out(tmp_path, packed, files | {"labels.csv": commas(PLATES)}))
    assert labels(dataset) == list(PLATES.values())


@PACKED
def test_a_list_in_the_folder_of_images_below(tmp_path, packed):
    files = {f"images/{image}": "" for image in PLATES} | {"preview.png": ""}
    dataset = open_dataset(lay_out(tmp_path, packed, files | {"images/gt.txt": tabs(PLATES)}))
    assert labels(dataset) == list(PLATES.values())


def test_label_like_names_lose_against_a_list(tmp_path):
    files = {"abc.png": "", "abd.png": "", "gt.txt": "abc.png\txyz\nabd.png\tuvw\n"}
    source = lay_out(tmp_path, False, files)
    assert labels(open_dataset(source)) == ["xyz", "uvw"]
    assert labels(open_dataset(source, SourceOptions(layout="names"))) == ["abc", "abd"]
    assert labels(open_dataset(source, SourceOptions(label_separator="c"))) == ["ab", "abd"]


def test_images_that_a_list_does_not_name_are_told(tmp_path):
    files = {"abc.png": "", "abd.png": "", "new.png": "", "gt.txt": "abc.png\txyz\nabd.png\tuvw\n"}
    dataset = open_dataset(lay_out(tmp_path, False, files))
    assert any("not used, not in gt.txt: 1 image: new.png" in note for note in dataset.notes)


@pytest.mark.parametrize("text", ["xyz\nuvw\n", "1: xyz\n2: uvw\n"])
def test_a_list_that_names_no_image_is_refused(tmp_path, text):
    source = lay_out(tmp_path, False, {"abc.png": "", "abd.png": "", "gt.txt": text})
    with pytest.raises(InputError, match=r"gt\.txt to name the images beside it") as caught:
        open_dataset(source)
    assert caught.value.argument == "layout"
    assert labels(open_dataset(source, SourceOptions(layout="names"))) == ["abc", "abd"]


@pytest.mark.parametrize(
    "name", ["labels.xlsx", "labels.json", "annotations.xml", "train.parquet", "gt.yaml"]
)
def test_a_list_in_a_form_that_cannot_be_read_is_refused(tmp_path, name):
    source = lay_out(tmp_path, False, {"abc.png": "", "abd.png": "", name: "<?>"})
    with pytest.raises(InputError, match=f"expected a list as CSV, .*{name}; save it as CSV"):
        open_dataset(source)
    assert labels(open_dataset(source, SourceOptions(layout="names"))) == ["abc", "abd"]


def test_a_text_with_a_line_for_each_image_is_refused(tmp_path):
    files = {f"{label}.png": "" for label in ("ab", "cd", "ef", "gh", "ij")}
    texts = "".join(f"text {n}\n" for n in range(5))
    source = lay_out(tmp_path, False, files | {"transcripts of 2024.txt": texts})
    with pytest.raises(InputError, match="to name the images beside it"):
        open_dataset(source)
    (source / "transcripts of 2024.txt").write_bytes("京\n".encode("gbk") * 5)
    with pytest.raises(InputError, match="to be text in UTF-8, received one that looks like"):
        open_dataset(source)
    (source / "transcripts of 2024.txt").write_text("where I got these from\n")
    assert len(open_dataset(source).samples) == 5


def test_a_list_of_classes_beside_a_folder_for_each_is_none(tmp_path):
    files = {"A/1.png": "", "A/2.png": "", "B/1.png": "", "labels.txt": "A\nB\n"}
    assert labels(open_dataset(lay_out(tmp_path, False, files))) == list("AAB")


@PACKED
@pytest.mark.parametrize(
    "names",
    [("train.csv", "val.csv", "test.csv"), ("gt_train.txt", "gt_valid.txt", "gt_test.txt")],
)
def test_a_list_for_each_part(tmp_path, packed, names):
    files = {f"{label}.png": "" for label in "abcd"}
    texts = [commas({"a.png": "A", "b.png": "B"}), commas({"c.png": "C"}), commas({"d.png": "D"})]
    dataset = open_dataset(lay_out(tmp_path, packed, files | dict(zip(names, texts, strict=True))))
    parts = dataset.samples, dataset.validation, dataset.test
    assert ["".join(label for _, label in part) for part in parts] == ["AB", "C", "D"]


@PACKED
def test_a_list_whose_images_lie_in_parts(tmp_path, packed):
    rows = {"train/a.png": "A", "train/b.png": "B", "test/c.png": "C"}
    files = dict.fromkeys(rows, "") | {"labels.csv": commas(rows)}
    dataset = open_dataset(lay_out(tmp_path, packed, files))
    assert (labels(dataset), [label for _, label in dataset.test]) == (["A", "B"], ["C"])


@PACKED
def test_a_part_may_have_a_list_where_another_has_names(tmp_path, packed):
    files = {"train/1.png": "", "train/2.png": "", "train/gt.txt": "1.png\tA\n2.png\tB\n",
             "val/xy.png": ""}  # fmt: skip
    dataset = open_dataset(lay_out(tmp_path, packed, files))
    assert (labels(dataset), [label for _, label in dataset.validation]) == (["A", "B"], ["xy"])
    assert dataset.layout.endswith("; val with names: file names")


def test_an_image_in_two_parts(tmp_path):
    """It is in the later one only; with another label it is a mistake."""
    files = {"1.png": "", "2.png": "", "train.csv": commas({"1.png": "A", "2.png": "B"})}
    source = lay_out(tmp_path, False, files | {"test.csv": commas({"2.png": "B"})})
    dataset = open_dataset(source)
    assert (labels(dataset), [label for _, label in dataset.test]) == (["A"], ["B"])
    assert "not used, in another part, too: 1 image" in dataset.notes
    (source / "test.csv").write_text(commas({"2.png": "C"}))
    with pytest.raises(InputError, match="2.png as 'B' and, in another part, as 'C'"):
        open_dataset(source)


def test_a_column_that_tells_the_part(tmp_path):
    files = {f"{n}.png": "" for n in range(4)}
    text = "image,label,split\n0.png,A,train\n1.png,B,Train\n2.png,C,val\n3.png,D,test\n"
    dataset = open_dataset(lay_out(tmp_path, False, files | {"labels.csv": text}))
    parts = dataset.samples, dataset.validation, dataset.test
    assert ["".join(label for _, label in part) for part in parts] == ["AB", "C", "D"]


@PACKED
@pytest.mark.parametrize(
    ("folders", "parts"),
    [
        (("a", "b", "c"), ("ABC", "", "")),
        (("train", "training", "test"), ("AB", "", "C")),
        (("train", "dev", "val"), ("A", "BC", "")),
        (("Train_set", "valid", "Test_set"), ("A", "B", "C")),
        (("train", "test_easy", "test_hard"), ("A", "", "BC")),
    ],
)
def test_a_list_in_each_of_several_folders(tmp_path, packed, folders, parts):
    files = {}
    for folder, label in zip(folders, "ABC", strict=True):
        files |= {f"{folder}/1.png": "", f"{folder}/labels.csv": commas({"1.png": label})}
    dataset = open_dataset(lay_out(tmp_path, packed, files))
    found = dataset.samples, dataset.validation, dataset.test
    assert tuple("".join(label for _, label in part) for part in found) == parts


def test_an_empty_folder_beside_those_of_lists(tmp_path):
    files = {}
    for folder in ("train", "val"):
        files |= {f"{folder}/1.png": "", f"{folder}/labels.csv": commas({"1.png": folder})}
    source = lay_out(tmp_path, False, files)
    (source / "test").mkdir()
    (source / "val" / "notes.txt").write_text("mine")
    assert labels(open_dataset(source)) == ["train"]


@pytest.mark.parametrize(
    ("folders", "message"),
    [
        (("train", "val", "extra"), "received also extra; give a list of all, or call them so"),
        (("val", "test", "dev"), "received none to train on"),
    ],
)
def test_folders_of_which_some_are_parts(tmp_path, folders, message):
    files = {}
    for folder in folders:
        files |= {f"{folder}/1.png": "", f"{folder}/labels.csv": commas({"1.png": folder})}
    with pytest.raises(InputError, match=message):
        open_dataset(lay_out(tmp_path, False, files))


def test_folders_of_names_without_one_to_train_on(tmp_path):
    with pytest.raises(InputError, match="expected a part to train on"):
        open_dataset(lay_out(tmp_path, False, {"val/ab.png": "", "test/cd.png": ""}))


@pytest.mark.parametrize(
    ("lists", "message"),
    [
        (("train1.csv", "train2.csv", "val.csv"), "that are called alike, as train.csv and val"),
        (("labels_train.csv", "valid_labels.csv"), "that are called alike"),
        (("train.csv", "dev.csv", "val.csv"), "expected one list for each part of a set"),
    ],
)
def test_lists_whose_parts_are_not_clear(tmp_path, lists, message):
    files = {"1.png": "", "2.png": "", "3.png": ""}
    files |= {name: commas({f"{n}.png": "A"}) for n, name in enumerate(lists, 1)}
    with pytest.raises(InputError, match=message):
        open_dataset(lay_out(tmp_path, False, files))


@PACKED
def test_lists_outside_of_the_folders_of_their_parts(tmp_path, packed):
    """The same names in both: each list means those of its own part."""
    files = {f"{part}/{n}.png": "" for part in ("train", "val") for n in range(3)}
    files["train.csv"] = commas({f"{n}.png": f"T{n}" for n in range(3)})
    files["val.csv"] = commas({f"{n}.png": f"V{n}" for n in range(3)})
    dataset = open_dataset(lay_out(tmp_path, packed, files))
    assert labels(dataset) == ["T0", "T1", "T2"]
    assert [label for _, label in dataset.validation] == ["V0", "V1", "V2"]
    assert all("val" in image for image, _ in dataset.validation)


def test_images_of_another_part_are_not_taken(tmp_path):
    """Those of a test were not handed out: names that occur in train are other images."""
    files = {f"train/{n}.png": "" for n in range(4)}
    files |= {"train.csv": commas({f"{n}.png": f"T{n}" for n in range(4)})}
    files |= {"test.csv": commas({f"{n}.png": f"X{n}" for n in range(4)})}
    with pytest.raises(InputError, match=r"the images of .*test\.csv to exist, 4 of 4 are missing"):
        open_dataset(lay_out(tmp_path, False, files))


def test_a_test_without_labels_beside_a_list_to_train_on(tmp_path):
    files = {f"{part}/{part}{n}.png": "" for part in ("train", "test") for n in range(3)}
    files["train.csv"] = "id,label\n" + "".join(f"train{n},T{n}\n" for n in range(3))
    files["test.csv"] = "id\n" + "".join(f"test{n}\n" for n in range(3))
    dataset = open_dataset(lay_out(tmp_path, False, files))
    assert labels(dataset) == ["T0", "T1", "T2"]
    assert any("not used, not in train.csv: 3 images" in note for note in dataset.notes)


def test_one_list_of_bare_names_whose_images_lie_in_parts(tmp_path):
    files = {"train/a.png": "", "train/b.png": "", "test/c.png": ""}
    files["gt.txt"] = "a.png\tA\nb.png\tB\nc.png\tC\n"
    dataset = open_dataset(lay_out(tmp_path, False, files))
    assert (labels(dataset), [label for _, label in dataset.test]) == (["A", "B"], ["C"])


def test_what_a_model_has_read_is_no_list_of_labels(tmp_path):
    files = {"abc.png": "", "abd.png": ""}
    files["texts.csv"] = "image,text,confidence\nabc.png,x,0.9\nabd.png,y,0.8\n"
    source = lay_out(tmp_path, False, files)
    assert labels(open_dataset(source)) == ["abc", "abd"]
    assert labels(open_dataset(source / "texts.csv")) == ["x", "y"]


@PACKED
def test_parts_with_a_list_each(tmp_path, packed):
    files = {"train/1.png": "", "train/2.png": "", "train/gt.txt": "1.png\tA\n2.png\tB\n",
             "val/1.png": "", "val/gt.txt": "1.png\tC\n"}  # fmt: skip
    dataset = open_dataset(lay_out(tmp_path, packed, files))
    assert (labels(dataset), [label for _, label in dataset.validation]) == (["A", "B"], ["C"])
    assert dataset.layout.startswith("parts: train with list: gt.txt: columns 1 → 2")


@PACKED
@pytest.mark.parametrize("suffix", [".txt", ".gt.txt", ".lab", ".png.txt"])
def test_a_text_file_beside_each_image(tmp_path, packed, suffix):
    texts = {f"{image[:-4]}{suffix}": f"{label}\n" for image, label in PLATES.items()}
    dataset = open_dataset(lay_out(tmp_path, packed, IMAGES | texts))
    assert labels(dataset) == list(PLATES.values())
    assert dataset.layout == "sidecars: a text file beside each image"


@PACKED
@pytest.mark.parametrize(
    ("images", "texts"),
    [
        ("images", "labels"),
        ("images", "images/labels"),
        ("images/one", "labels/one"),
        ("one/images", "one/gt"),
    ],
)
def test_text_files_in_a_folder_of_their_own(tmp_path, packed, images, texts):
    files = {f"{images}/{image}": "" for image in PLATES}
    files |= {f"{texts}/{image[:-4]}.txt": label for image, label in PLATES.items()}
    dataset = open_dataset(lay_out(tmp_path, packed, files))
    assert labels(dataset) == list(PLATES.values())
    assert dataset.layout == "sidecars: a text file beside each image"


def test_several_lists(tmp_path):
    """One whose name means a list wins, and the other is told; else none is."""
    files = {"1.png": "", "2.png": "", "a.csv": commas({"1.png": "A", "2.png": "B"})}
    files["labels.csv"] = commas({"1.png": "C", "2.png": "D"})
    source = lay_out(tmp_path, False, files)
    dataset = open_dataset(source)
    assert labels(dataset) == ["C", "D"]
    assert "not used, beside labels.csv: 1 list: a.csv" in dataset.notes
    (source / "labels.csv").rename(source / "b.csv")
    with pytest.raises(InputError, match="expected one list in .*set, received a.csv, b.csv; give"):
        open_dataset(source)
    assert labels(open_dataset(source / "b.csv")) == ["C", "D"]


def test_text_files_that_are_missing_or_of_several_lines(tmp_path):
    files = {"1.png": "", "1.txt": "A B", "2.png": "", "2.txt": "A\nB\n", "3.png": "", "4.png": "",
             "4.txt": "\ufeffD\n"}  # fmt: skip
    source = lay_out(tmp_path, False, files)
    dataset = open_dataset(source)
    assert labels(dataset) == ["A B", "D"]
    assert dataset.left_out == [
        LeftOut(str(source / "2.png"), "", "several lines in 2.txt"),
        LeftOut(str(source / "3.png"), "", "no text file beside it"),
    ]


def test_boxes_beside_images_are_no_labels(tmp_path):
    files = {"1.png": "", "1.txt": "0 0.5 0.5 0.1 0.1\n", "2.png": "", "2.txt": ""}
    with pytest.raises(InputError, match="received boxes of objects, such as '0 0.5 0.5 0.1 0.1'"):
        open_dataset(lay_out(tmp_path, False, files))
    (tmp_path / "set" / "1.txt").write_text("377,117,463,117,465,130,378,130,TEXT\n")
    with pytest.raises(InputError, match="received boxes of objects, such as '377,117"):
        open_dataset(tmp_path / "set")


@pytest.mark.parametrize("label", ["1 " * 200 + "x", "1" * 500 + "x", "1 1" + " " * 500 + "x"])
def test_labels_that_are_nearly_boxes(tmp_path, label):
    """A pattern that could part the numbers in many ways would try them all."""
    dataset = open_dataset(lay_out(tmp_path, False, {"a.png": "", "a.txt": label}))
    assert labels(dataset) == [label]


def test_the_first_three_are_shown(tmp_path, caplog):
    dataset = open_dataset(lay_out(tmp_path, False, IMAGES | {"gt.txt": tabs(PLATES)}))
    with caplog.at_level("INFO", "ctckit"):
        log_source(dataset)
    assert caplog.messages == [
        "layout      list: gt.txt: columns 1 → 2, parted by a tab",
        "            000001.png → AB001",
        "            000002.png → AB002",
        "            000003.png → AB003",
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layout": "nmaes"}, "expected one of .*, received 'nmaes'. Did you mean 'names'"),
        (
            {"layout": "folders"},
            "expected a folder for each label: A/1.png in .*set, received none",
        ),
        ({"columns": "image,words"}, "received 'words'"),
    ],
)
def test_what_is_asked_for_must_be_there(tmp_path, options, message):
    source = lay_out(tmp_path, False, IMAGES | {"labels.csv": commas(PLATES)})
    with pytest.raises(InputError, match=message):
        open_dataset(source, SourceOptions(**options))
