import pytest

from ctckit.errors import InputError
from ctckit.sources.files.tree import folder_tree, zip_tree
from ctckit.sources.options import SourceOptions
from ctckit.sources.tools import mjsynth
from ctckit.sources.tools.mjsynth import find_mjsynth, read_mjsynth, shows_mjsynth
from tests.image.zips import make_zip
from tests.sources.trees import lay_out, pairs, part_pairs

OPTIONS = SourceOptions()
WORDS = {"train": ("115_Lube_45484", "116_lube_45484"), "val": ("1_IX_4",), "test": ("2_co-op_5",)}


def lay_out_words(folder, parts=("train", "val", "test"), *, images=True):
    files = {
        f"annotation_{part}__txt": "".join(f"./1/2/{word}.jpg 4\n" for word in WORDS[part])
        for part in parts
    }
    names = [f"1/2/{word}.jpg" for part in parts for word in WORDS[part]] if images else []
    lay_out(folder, " ".join(names), lexicon__txt="lube\n", **files)
    return folder_tree(folder)


def test_its_parts(tmp_path):
    tree = lay_out_words(tmp_path)
    listing = read_mjsynth(tree, find_mjsynth(tree), OPTIONS)
    assert part_pairs(listing) == [
        [("115_Lube_45484.jpg", "Lube"), ("116_lube_45484.jpg", "lube")],
        [("1_IX_4.jpg", "IX")], [("2_co-op_5.jpg", "co-op")],
    ]  # fmt: skip
    assert listing.samples[0].image == f"{tmp_path}/1/2/115_Lube_45484.jpg"
    assert listing.said.endswith("annotation_test.txt, text in the middle of each file name")
    assert listing.notes == []


def test_where_its_archive_unpacks_to(tmp_path):
    lay_out_words(tmp_path / "mnt" / "ramdisk" / "max" / "90kDICT32px")
    tree = folder_tree(tmp_path)
    name = find_mjsynth(tree)
    assert name == "mnt/ramdisk/max/90kDICT32px/annotation_train.txt"
    listing = read_mjsynth(tree, name, OPTIONS)
    assert listing.samples[0].image == f"{tmp_path}/{name[:-20]}1/2/115_Lube_45484.jpg"
    assert len(listing.validation) == 1


def test_a_file_that_was_given_is_read_alone(tmp_path):
    lay_out_words(tmp_path)
    tree = folder_tree(tmp_path, whole=False)
    assert shows_mjsynth(tree, "annotation_val.txt")
    expected = [[("1_IX_4.jpg", "IX")], [], []]
    assert part_pairs(read_mjsynth(tree, "annotation_val.txt", OPTIONS)) == expected


def test_one_list_alone(tmp_path):
    tree = lay_out_words(tmp_path, ("test",))
    assert part_pairs(read_mjsynth(tree, find_mjsynth(tree), OPTIONS))[0] == [
        ("2_co-op_5.jpg", "co-op")
    ]


def test_in_an_archive(tmp_path):
    files = {"annotation_train.txt": b"./1/115_Lube_4.jpg 4\n", "1/115_Lube_4.jpg": b""}
    tree = zip_tree(make_zip(tmp_path / "set.zip", files))
    listing = read_mjsynth(tree, find_mjsynth(tree), OPTIONS)
    assert listing.samples[0].image == f"{tmp_path}/set.zip!1/115_Lube_4.jpg"
    assert pairs(listing)[0][1] == "Lube"


def test_only_some_images_are_looked_for(tmp_path, monkeypatch):
    names = [f"./1/{number}_word_4.jpg" for number in range(1000)]
    tree = lay_out(tmp_path, " ".join(names),
                   annotation_train__txt="".join(f"{name} 4\n" for name in names))  # fmt: skip
    looked_at = []
    monkeypatch.setattr(mjsynth, "exists", lambda image: looked_at.append(image) or True)
    listing = read_mjsynth(tree, "annotation_train.txt", OPTIONS)
    assert len(listing.samples) == 1000
    assert len(looked_at) == len(set(looked_at)) <= 200
    number = len(looked_at)
    note = f"annotation_train.txt: {number} of 1,000 images were looked for, none missing"
    assert listing.notes == [note]
    assert list(tree._known) == [""]  # no folder of images was listed


@pytest.mark.parametrize("text", ["", "a.png cat\n", "./1/a.jpg 4\n"])
def test_other_lists_are_none(tmp_path, text):
    assert find_mjsynth(lay_out(tmp_path, "a.png", annotation_train__txt=text)) is None


def test_missing_images(tmp_path):
    tree = lay_out_words(tmp_path, images=False)
    with pytest.raises(InputError, match="2 of 2 that were looked for are missing: .*115_Lube"):
        read_mjsynth(tree, find_mjsynth(tree), OPTIONS)


@pytest.mark.parametrize("line", [b"./1/2/lube.jpg 4\n", b"./1/2/1_\xff_3.jpg 4\n"])
def test_a_line_of_another_form(tmp_path, line):
    tree = lay_out_words(tmp_path)
    file = tmp_path / "annotation_train.txt"
    file.write_bytes(file.read_bytes() + b"\n" + line)
    with pytest.raises(InputError, match="annotation_train.txt, line 4, received"):
        read_mjsynth(tree, "annotation_train.txt", OPTIONS)
