import json
import sys

import pytest

from ctckit.errors import InputError
from ctckit.sources.files.tree import folder_tree, zip_tree
from ctckit.sources.layouts import open_dataset
from ctckit.sources.lists.json_rows import find_json_rows, read_json_rows, shows_json_rows
from ctckit.sources.lists.json_text import parse_json, parse_lines
from ctckit.sources.options import SourceOptions
from tests.image.zips import make_zip
from tests.sources.folders import touch
from tests.sources.trees import lay_out, pairs, part_pairs

OPTIONS = SourceOptions()
TWO = [("a.png", "cat"), ("b.png", "dog")]

LIST = '[{"image": "a.png", "label": "cat"},\n {"image": "b.png", "label": "dog"}]'
FORMS = [
    # name of the file, its content, why
    ("x.jsonl", LIST[1:-1].replace(",\n", "\n"), "usual"),
    ("x.ndjson", '{"path":"a.png","text":"cat"}\n\n{"path":"b.png","text":"dog"}', "other keys"),
    ("x.jsonl", '\ufeff{"File Name":"a.png","Words":"cat"}\r\n'
     '{"File Name":"b.png","Words":"dog"}\r\n', "a byte order mark, Windows' line ends, capitals"),
    ("x.json", LIST, "a list"),
    ("x.jsonl", '{"image":"./a.png","label":"cat","w":3}\n{"w":4,"label":"dog","image":"b.png"}',
     "more keys"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text"), [f[:2] for f in FORMS], ids=[f[2] for f in FORMS])
def test_forms(tmp_path, name, text):
    tree = lay_out(tmp_path, "a.png b.png", **{name.replace(".", "__"): text})
    assert find_json_rows(tree) == name
    assert pairs(read_json_rows(tree, name, OPTIONS)) == TWO


LABELS = [
    # the label as JSON, as it is read, why
    ('"Straße, \\"x\\""', 'Straße, "x"', "escapes"),
    ('"a\u2028b"', "a\u2028b", "a line separator within a text"),
    ("null", "", "none"),
    ('""', "", "empty"),
    ('"{"', "{", "a text that begins as JSON"),
    ('"{\\"gt_parse\\": {\\"text_sequence\\": \\"cat\\"}}"', "cat", "Donut's, of one text"),
    ('"{\\"gt_parse\\": [{\\"a\\": {\\"b\\": \\"cat\\"}}]}"', "cat", "Donut's, nested"),
]


@pytest.mark.parametrize(
    ("label", "expected"), [row[:2] for row in LABELS], ids=[row[2] for row in LABELS]
)
def test_labels(tmp_path, label, expected):
    tree = lay_out(tmp_path, "a.png", x__jsonl='{"image":"a.png","label":%s}\n' % label)  # noqa: UP031
    assert pairs(read_json_rows(tree, "x.jsonl", OPTIONS)) == [("a.png", expected)]


def test_numbers_are_read_as_digits_and_said(tmp_path):
    tree = lay_out(tmp_path, "a.png", x__jsonl='{"image":"a.png","label":123}')
    listing = read_json_rows(tree, "x.jsonl", OPTIONS)
    assert pairs(listing) == [("a.png", "123")]
    assert listing.notes == ["numbers, not texts, in x.jsonl: 1 label; zeros before them are lost"]


def test_keys_that_a_person_names(tmp_path):
    tree = lay_out(tmp_path, "a.png", x__jsonl='{"image":"other.png","photo":"a.png","says":"cat"}')
    assert find_json_rows(tree) == "x.jsonl"
    options = SourceOptions(columns="photo,says")
    assert pairs(read_json_rows(tree, "x.jsonl", options)) == [("a.png", "cat")]


def test_lists_of_parts(tmp_path):
    row = '{{"image":"{0}.png","label":"{0}"}}'.format
    tree = lay_out(tmp_path, "a.png b.png c.png",
                   train__jsonl=row("a"), val__jsonl=row("b"), test__jsonl=row("c"))  # fmt: skip
    listing = read_json_rows(tree, find_json_rows(tree), OPTIONS)
    assert part_pairs(listing) == [[("a.png", "a")], [("b.png", "b")], [("c.png", "c")]]
    given = folder_tree(tmp_path, whole=False)
    assert part_pairs(read_json_rows(given, "val.jsonl", OPTIONS)) == [[("b.png", "b")], [], []]


@pytest.mark.parametrize(("other", "kind"), [("1", "a number"), ("{}", "an object")])
def test_a_part_that_is_no_list(tmp_path, other, kind):
    row = '[{"image":"a.png","label":"a"}]'
    tree = lay_out(tmp_path, "a.png", train__json=row)
    (tmp_path / "val.json").write_text(other)
    with pytest.raises(InputError, match=f"list of objects in .*val.json, received {kind}"):
        read_json_rows(tree, "train.json", OPTIONS)


def test_in_an_archive(tmp_path):
    row = b'{"image":"a.png","label":"cat"}'
    tree = zip_tree(make_zip(tmp_path / "set.zip", {"x.jsonl": row, "a.png": b""}))
    assert pairs(read_json_rows(tree, find_json_rows(tree), OPTIONS)) == [("set.zip!a.png", "cat")]


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"x__json": '{"a.png": "cat"}'}, "an object, docTR's"),
        ({"x__json": '[{"id": 1, "name": "x"}]'}, "other keys in a list"),
        ({"x__json": "[1, 2]"}, "other JSON"),
        ({"x__jsonl": "text"}, "no JSON"),
        ({"x__txt": '{"image":"a.png","label":"cat"}'}, "another suffix"),
    ],
)
def test_other_files_are_none(tmp_path, files, why):
    assert find_json_rows(lay_out(tmp_path, "a.png", **files)) is None, why


def test_a_file_beside_each_image_is_no_list(tmp_path):
    names = [f"{number}.png" for number in range(25)]
    files = {f"{name}__json": '[{"image": "a.png", "label": "x"}]' for name in names}
    assert find_json_rows(lay_out(tmp_path, " ".join(names), **files)) is None


def test_several_lists_are_refused(tmp_path):
    row = '{"image":"a.png","label":"cat"}'
    tree = lay_out(tmp_path, "a.png", cats__jsonl=row, dogs__jsonl=row)
    with pytest.raises(
        InputError, match="expected one list in .*, received cats.jsonl, dogs.jsonl"
    ):
        find_json_rows(tree)
    assert shows_json_rows(tree, "cats.jsonl")


CAT = '{"image":"a.png","label":"cat"}'
BAD = [
    # file, content, message
    ("x.jsonl", CAT + '\n{"image"', r"x.jsonl, line 2, received something"),
    ("x.jsonl", CAT + "\n[1]", r"x.jsonl, line 2, received a list"),
    ("x.jsonl", CAT.replace('"cat"', '["cat"]'), "text as label in .*line 1, received a list"),
    ("x.jsonl", CAT.replace('"cat"', "1.5"), "text as label in .*line 1, received a number"),
    ("x.jsonl", CAT.replace('"cat"', "true"), "line 1, received true or false"),
    ("x.jsonl", CAT.replace('"a.png"', '{"bytes":""}'), "name as image in .*received an object"),
    ("x.jsonl", '{"label":"a"}\n' + CAT, "file name as image in .*line 1, received null"),
    ("x.jsonl", '{"photo":"a.png","meaning":"a"}', "^columns: .*received photo, meaning"),
    ("x.jsonl", CAT.replace("cat", r'{\"gt_parse\": {\"a\": \"x\", \"b\": \"y\"}}'),
     "one text as label in .*line 1, received JSON with 2"),
    ("x.jsonl", CAT.replace("cat", r'{\"gt_parse\": 1'), "expected JSON in label of .*line 1"),
    ("x.jsonl", CAT + "\n" + CAT.replace("cat", "dog"), r"'cat' and 'dog' \(lines 1 and 2\)"),
    ("x.jsonl", '{"image":"gone.png","label":"a"}', "1 of 1 are missing: gone.png"),
    ("x.json", f"[{CAT}, 7]", "received a number as entry 2"),
    ("x.json", f"[{CAT}\n", r"x.json, received something else in line 2"),
    ("x.json", f"[{CAT}, {CAT.replace('cat', 'dog')}]", r"'cat' and 'dog' \(lines 1 and 2\)"),
    ("x.json", f"[{CAT}, {'9' * 5000}]", "a number of thousands of digits"),
    ("x.jsonl", CAT.replace('"cat"', "9" * 5000), "line 1, .*a number of thousands of digits"),
    ("x.json", f"[{CAT}, {'[' * 100_000}", "JSON in .*nested too deeply"),
    ("x.jsonl", CAT.replace('"cat"', "[" * 100_000), "line 1, .*nested too deeply"),
    ("x.jsonl", CAT.replace("a.png", "\\u0000/b.png"), r"1 of 1 are missing: \\x00/b.png"),
    ("x.jsonl", CAT.replace("a.png", "\\ud800"), r"1 of 1 are missing: \\ud800"),
    ("x.jsonl", CAT.replace("a.png", r"x\ny"), r"1 of 1 are missing: x\\ny"),
    ("x.jsonl", CAT.replace("a.png", "d/" * 5000), "1 of 1 are missing|cannot read"),
    ("x.jsonl", CAT[:-1], "line 1, received something else"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "message"), BAD)
def test_bad_content(tmp_path, name, text, message):
    tree = lay_out(tmp_path, "a.png", **{name.replace(".", "__"): text})
    with pytest.raises(InputError, match=message) as caught:
        read_json_rows(tree, name, OPTIONS)
    assert "\n" not in str(caught.value)


def test_texts_nested_as_deep_as_can_just_be_parsed(tmp_path):
    """JSON's parser goes on for a little longer than Python's own functions, or they than it."""
    most, refused = sys.getrecursionlimit(), 0
    for depth in range(most - 150, most + 50, 7):
        inner = '{"gt_parse": ' + "[" * depth + '"x"' + "]" * depth + "}"
        tree = lay_out(tmp_path, "a.png", x__jsonl=json.dumps({"image": "a.png", "label": inner}))
        try:
            assert pairs(read_json_rows(tree, "x.jsonl", OPTIONS)) == [("a.png", "x")]
        except InputError as error:
            refused += "nested too deeply" in str(error) or "received JSON with 0" in str(error)
    assert refused


def test_a_label_with_half_a_character_is_left_out(tmp_path):
    """JSON can spell half of a pair of surrogates, UTF-8 cannot."""
    lines = CAT.replace("cat", "\\ud800") + "\n" + CAT.replace("a.png", "b.png")
    touch(tmp_path, "a.png", "b.png")
    (tmp_path / "x.jsonl").write_text(lines)
    dataset = open_dataset(tmp_path / "x.jsonl")
    assert [sample.label for sample in dataset.samples] == ["cat"]
    assert [record.reason for record in dataset.left_out] == ["label is not UTF-8"]


def test_another_encoding(tmp_path):
    tree = lay_out(tmp_path, "a.png")
    (tmp_path / "x.jsonl").write_bytes('{"image":"a.png","label":"ä"}'.encode("latin-1"))
    with pytest.raises(InputError, match="x.jsonl to be text in UTF-8"):
        read_json_rows(tree, "x.jsonl", OPTIONS)


def test_deep_nesting_is_refused():
    text = "[" * 100_000
    with pytest.raises(InputError, match="nested too deeply|something else"):
        parse_json(text, "x.json")
    with pytest.raises(InputError, match="line 1"):
        list(parse_lines('{"a": ' + text, "x.jsonl"))


def test_a_first_object_larger_than_what_is_looked_at(tmp_path):
    touch(tmp_path, "a.png")
    row = {"more": "x" * 200_000, "image": "a.png", "label": "cat"}
    (tmp_path / "x.jsonl").write_text(json.dumps(row))
    tree = folder_tree(tmp_path)
    assert pairs(read_json_rows(tree, find_json_rows(tree), OPTIONS)) == [("a.png", "cat")]
