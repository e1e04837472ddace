import pytest

from ctckit.errors import InputError
from ctckit.sources.options import SourceOptions
from ctckit.sources.tools.doctr import find_doctr, read_doctr, shows_doctr
from tests.sources.trees import lay_out, pairs, part_pairs

OPTIONS = SourceOptions()


def test_labels_and_images(tmp_path):
    text = '{\n  "img_1.jpg": "I",\n  "img_2.jpg": "d\\u00fcrfte \\"x\\""\n}'
    tree = lay_out(tmp_path, "images/img_1.jpg images/img_2.jpg", labels__json=text)
    assert find_doctr(tree) == "labels.json"
    listing = read_doctr(tree, "labels.json", OPTIONS)
    assert pairs(listing) == [("img_1.jpg", "I"), ("img_2.jpg", 'dürfte "x"')]
    assert listing.said == "labels.json: the text of each image"


def test_images_in_train_and_val(tmp_path):
    text = '{"a.jpg": "a", "b.jpg": "b", "c.jpg": "c"}'
    tree = lay_out(tmp_path, "train/a.jpg train/b.jpg val/c.jpg", labels__json=text)
    expected = [[("a.jpg", "a"), ("b.jpg", "b")], [("c.jpg", "c")], []]
    assert part_pairs(read_doctr(tree, "labels.json", OPTIONS)) == expected


def test_another_name_and_images_beside(tmp_path):
    tree = lay_out(tmp_path, "a.jpg", texts__json='{"a.jpg": "x"}', package__json='{"name": "x"}')
    assert find_doctr(tree) == "texts.json"
    assert pairs(read_doctr(tree, "texts.json", OPTIONS)) == [("a.jpg", "x")]


@pytest.mark.parametrize(
    "text",
    ['{"name": "set", "version": "1"}', '["a.jpg"]', '{"a.jpg": 1}', "{}", "", "text"],
)
def test_other_files_are_none(tmp_path, text):
    tree = lay_out(tmp_path, "a.jpg", labels__json=text)
    assert not shows_doctr(tree, "labels.json")
    assert find_doctr(tree) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a.jpg": {"img_dimensions": [9, 6], "polygons": []}}', "an object, as docTR has it for"),
        ('{"a.jpg": "x", "b.jpg": 1}', "the text of b.jpg in .*labels.json, received a number"),
        ('{"a.jpg": "x",\n', "labels.json, received something else in line 2"),
        ('["a.jpg"]', "expected an object in .*labels.json, received a list"),
        ('{"a.jpg": "x", "a.jpg": "y"}', "a.jpg is 'x' and 'y'"),
        ('{"gone.jpg": "x"}', "1 of 1 are missing: gone.jpg"),
    ],
)
def test_bad_content(tmp_path, text, message):
    tree = lay_out(tmp_path, "images/a.jpg images/b.jpg", labels__json=text)
    with pytest.raises(InputError, match=message) as caught:
        read_doctr(tree, "labels.json", OPTIONS)
    assert "\n" not in str(caught.value)
