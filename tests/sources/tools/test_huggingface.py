import pytest

from ctckit.errors import InputError
from ctckit.sources.options import SourceOptions
from ctckit.sources.tools.huggingface import find_huggingface, read_huggingface, shows_huggingface
from tests.sources.trees import lay_out, pairs

OPTIONS = SourceOptions()

FORMS = [
    # name of the file, its content, why
    ("metadata.jsonl", '{"file_name": "a.png", "text": "cat, dog"}\n', "JSON lines"),
    ("metadata.csv", 'file_name,text\na.png,"cat, dog"\n', "CSV"),
    ("metadata.csv", '\ufefftext,id,file_name\r\n"cat, dog",7,a.png\r\n\r\n', "of Excel"),
]


@pytest.mark.parametrize(("name", "text"), [f[:2] for f in FORMS], ids=[f[2] for f in FORMS])
def test_forms(tmp_path, name, text):
    tree = lay_out(tmp_path, "a.png", **{name.replace(".", "__"): text})
    assert find_huggingface(tree) == name
    assert shows_huggingface(tree, name)
    assert pairs(read_huggingface(tree, name, OPTIONS)) == [("a.png", "cat, dog")]


def test_images_in_folders(tmp_path):
    tree = lay_out(tmp_path, "in/a.png", metadata__csv="file_name,text\nin/a.png,a\u2028b\n")
    assert pairs(read_huggingface(tree, "metadata.csv", OPTIONS)) == [("a.png", "a\u2028b")]


def test_a_column_that_a_person_names(tmp_path):
    tree = lay_out(tmp_path, "a.png", metadata__csv="file_name,text,prompt\na.png,no,cat\n")
    options = SourceOptions(columns="file_name,prompt")
    assert pairs(read_huggingface(tree, "metadata.csv", options)) == [("a.png", "cat")]


def test_other_folders(tmp_path):
    assert find_huggingface(lay_out(tmp_path, "a.png", labels__csv="file_name,text\n")) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected rows in .*metadata.csv, received none"),
        ("file_name,prompt,more\nq.png,cat,1\n", "^columns: .*received file_name, prompt, more"),
        ("file_name,text\n", "expected rows in .*metadata.csv, received none"),
        ("file_name,text\na.png,cat,dog\n", "received 1 row with more, in line 2"),
        ('file_name,text\na.png,"cat"s\n', "metadata.csv to be a table, .* from line 2 on"),
    ],
)
def test_bad_csv(tmp_path, text, message):
    tree = lay_out(tmp_path, "a.png", metadata__csv=text)
    with pytest.raises(InputError, match=message) as caught:
        read_huggingface(tree, "metadata.csv", OPTIONS)
    assert "\n" not in str(caught.value)
