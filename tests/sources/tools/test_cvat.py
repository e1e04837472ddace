import pytest

from ctckit.data.samples import LeftOut
from ctckit.errors import InputError
from ctckit.sources.files.tree import folder_tree
from ctckit.sources.options import SourceOptions
from ctckit.sources.tools.cvat import find_cvat, read_cvat, shows_cvat
from tests.sources.trees import lay_out, pairs, part_pairs

OPTIONS = SourceOptions()

LINES = [
    # line, text, why
    ('a.png, "Genaxis Theatre"', "Genaxis Theatre", "as ICDAR"),
    ('a.png, "62-,03"', "62-,03", "a comma"),
    ('a.png, "x, "y""', 'x, "y"', "quotes as CVAT writes them"),
    (r'a.png, "x, \"y\""', 'x, "y"', "quotes as ICDAR writes them"),
    (r'a.png, "C:\temp"', r"C:\temp", "a backslash as CVAT writes it"),
    (r'a.png, "C:\\temp"', r"C:\temp", "a backslash as ICDAR writes it"),
    ('a.png, ""', "", "an empty text"),
    ("a.png, ", "", "no text"),
    ('a.png,"cat"', "cat", "no blank"),
    ('a.png, "a\u2028b" ', "a\u2028b", "a line separator"),
]


@pytest.mark.parametrize(("line", "text"), [row[:2] for row in LINES], ids=[r[2] for r in LINES])
def test_lines(tmp_path, line, text):
    tree = lay_out(tmp_path, "images/a.png b.png", gt__txt=f'\ufeff{line}\r\nb.png, "x"\r\n')
    assert find_cvat(tree) == "gt.txt"
    listing = read_cvat(tree, "gt.txt", OPTIONS)
    assert pairs(listing) == [("a.png", text), ("b.png", "x")]
    assert listing.said == "gt.txt: image, quoted text"


def subsets(folder, *names):
    for name in names:
        lay_out(folder / name, f"images/{name}.png", gt__txt=f'{name}.png, "{name}"\n')
    return folder_tree(folder)


@pytest.mark.parametrize("outer", ["", "word_recognition"])
def test_subsets(tmp_path, outer):
    subsets(tmp_path / outer, "default", "Test", "val")
    tree = folder_tree(tmp_path)
    listing = read_cvat(tree, find_cvat(tree), OPTIONS)
    assert part_pairs(listing) == [
        [("default.png", "default")], [("val.png", "val")], [("Test.png", "Test")],
    ]  # fmt: skip
    assert listing.said == "gt.txt of Test, default, val: image, quoted text"


def test_one_subset(tmp_path):
    tree = subsets(tmp_path, "default")
    assert find_cvat(tree) == "default/gt.txt"
    assert pairs(read_cvat(tree, "default/gt.txt", OPTIONS)) == [("default.png", "default")]


def test_images_in_folders(tmp_path):
    tree = lay_out(tmp_path, "images/in/a,b.png", gt__txt='in/a,b.png, "x"\n')
    assert pairs(read_cvat(tree, "gt.txt", OPTIONS)) == [("a,b.png", "x")]


def test_the_names_of_icdar(tmp_path):
    tree = lay_out(tmp_path, "word_1.png", Challenge4_Test_Task3_GT__txt='word_1.png, "JOINT"\n')
    assert pairs(read_cvat(tree, find_cvat(tree), OPTIONS)) == [("word_1.png", "JOINT")]


def test_an_image_of_several_texts_is_left_out(tmp_path):
    tree = lay_out(tmp_path, "a.png b.png", gt__txt='a.png, "x""y"\nb.png, "z"\n')
    listing = read_cvat(tree, "gt.txt", OPTIONS)
    assert pairs(listing) == [("b.png", "z")]
    assert listing.left_out == [LeftOut("a.png", 'x""y', "several texts")]


@pytest.mark.parametrize(
    "text",
    ["a.png\tcat\n", "a.png,cat\n", "a.png, \nb.png, \n", "38 43 920 215 \"Tiredness\"\n", ""],
    ids=["DTRB's", "no quotes", "no text at all", "boxes", "empty"],
)  # fmt: skip
def test_other_files_are_none(tmp_path, text):
    tree = lay_out(tmp_path, "a.png", gt__txt=text, notes__md='a.png, "x"')
    assert not shows_cvat(tree, "gt.txt")
    assert find_cvat(tree) is None


def test_a_line_of_another_form(tmp_path):
    tree = lay_out(tmp_path, "a.png", gt__txt='a.png, "x"\n\nb.png\tcat\n')
    with pytest.raises(InputError, match="gt.txt, line 3, received 'b.png\\\\tcat'"):
        read_cvat(tree, "gt.txt", OPTIONS)
