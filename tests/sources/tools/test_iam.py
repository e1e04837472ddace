import pytest

from ctckit.data.samples import LeftOut
from ctckit.errors import InputError
from ctckit.sources.files.tree import folder_tree
from ctckit.sources.options import SourceOptions
from ctckit.sources.tools.iam import find_iam, read_iam, shows_iam
from tests.sources.trees import lay_out, pairs

OPTIONS = SourceOptions()
REMARKS = "#--- words.txt ---#\n#\n# format: a01-000u-00-00 ok 154 1 408 768 27 51 AT A\n#\n"

LISTS = [
    # kind, line, image, text
    ("words", "a01-000u-00-00 ok 154 408 768 27 51 AT A", "a01-000u-00-00", "A"),
    ("words", "a01-000u-00-06 ok 154 1896 757 -1 -1 NP B B C.", "a01-000u-00-06", "B B C."),
    ("words", "r06-022-03-05 ok 154 408 768 27 51 CD 1958", "r06-022-03-05", "1958"),
    ("words", 'c03-000a-00-01 ok 154 408 768 27 51 " "', "c03-000a-00-01", '"'),
    ("lines", "a01-000u-00 ok 154 19 408 746 1661 89 A|MOVE|to", "a01-000u-00", "A MOVE to"),
    ("lines", "a01-003-00 ok 182 20 393 711 1613 123 19 Mr.|X", "a01-003-00", "19 Mr. X"),
    ("sentences", "a01-000u-s00-00 0 ok 154 19 408 746 1661 89 A|b", "a01-000u-s00-00", "A b"),
]


def image_of(kind, name):
    writer, form = name.split("-")[0], "-".join(name.split("-")[:2])
    return f"{kind}/{writer}/{form}/{name}.png"


@pytest.mark.parametrize(("kind", "line", "image", "text"), LISTS)
def test_lists(tmp_path, kind, line, image, text):
    tree = lay_out(tmp_path, image_of(kind, image), **{f"{kind}__txt": f"{REMARKS}{line}\r\n"})
    assert find_iam(tree) == f"{kind}.txt"
    listing = read_iam(tree, f"{kind}.txt", OPTIONS)
    assert pairs(listing) == [(f"{image}.png", text)]
    assert (listing.said, listing.left_out, listing.notes) == (f"{kind}.txt", [], [])


def test_the_list_whose_images_are_there(tmp_path):
    lay_out(tmp_path, image_of("lines", "a01-000u-00"))
    lay_out(tmp_path / "ascii", "", words__txt=LISTS[0][1], lines__txt=LISTS[4][1])
    tree = folder_tree(tmp_path)
    assert find_iam(tree) == "ascii/lines.txt"
    assert pairs(read_iam(tree, "ascii/lines.txt", OPTIONS)) == [("a01-000u-00.png", "A MOVE to")]
    given = folder_tree(tmp_path / "ascii", whole=False)
    assert pairs(read_iam(given, "lines.txt", OPTIONS)) == [("a01-000u-00.png", "A MOVE to")]


@pytest.mark.parametrize("state", ["err", "er"])
def test_bad_segmentations_are_left_out_by_name(tmp_path, state):
    bad = f"a01-000u-00-01 {state} 154 507 766 213 48 NN MOVE"
    images = f"{image_of('words', 'a01-000u-00-00')} {image_of('words', 'a01-000u-00-01')}"
    tree = lay_out(tmp_path, images, words__txt=f"{LISTS[0][1]}\n{bad}\n")
    listing = read_iam(tree, "words.txt", OPTIONS)
    assert pairs(listing) == [("a01-000u-00-00.png", "A")]
    image = "words/a01/a01-000u/a01-000u-00-01.png"
    assert listing.left_out == [LeftOut(image, "MOVE", "marked err in the list")]
    assert listing.notes == ["words.txt marks 1 of 2 texts err: left out"]


@pytest.mark.parametrize("text", ["cat\ndog\n", "# words.txt\n", "", "a01.png\tcat\n"])
def test_other_lists_are_none(tmp_path, text):
    tree = lay_out(tmp_path, "a01.png", words__txt=text)
    assert not shows_iam(tree, "words.txt")
    assert find_iam(tree) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{REMARKS}{LISTS[0][1]}\na01-000u-00-01 ok\n", "words.txt, line 6, received 'a01-"),
        (f"{LISTS[0][1]}\n".replace("a01", "b01"), "1 of 1 are missing: words/b01/b01-000u/"),
    ],
)
def test_bad_lists(tmp_path, text, message):
    tree = lay_out(tmp_path, image_of("words", "a01-000u-00-00"), words__txt=text)
    with pytest.raises(InputError, match=message):
        read_iam(tree, "words.txt", OPTIONS)
