import pytest

from ctckit.errors import InputError
from ctckit.sources.lists.columns import choose_columns, usual_columns
from ctckit.sources.options import SourceOptions

USUAL = [
    # columns, image and label, why
    (["image", "label"], (0, 1), "ours"),
    (["text", "file_name"], (1, 0), "Hugging Face"),
    (["FILENAME", "WORDS"], (0, 1), "in capitals"),
    (["image_path", "plate_text"], (0, 1), "fast-plate-ocr"),
    ([" File Name ", "Ground-Truth"], (0, 1), "blanks and hyphens"),
    (["id", "path", "image", "text", "label"], (2, 4), "the order of the usual names decides"),
    (["image", "Image", "label"], (0, 2), "the first of the same name"),
    (["image", "class"], None, "no label"),
    (["a.png", "cat"], None, "no header"),
    ([], None, "nothing"),
]


@pytest.mark.parametrize(
    ("names", "expected"), [row[:2] for row in USUAL], ids=[row[2] for row in USUAL]
)
def test_usual_names(names, expected):
    assert usual_columns(names) == expected
    if expected is not None:
        assert choose_columns(names, SourceOptions(), "x.csv") == expected


CHOSEN = [
    ("photo,meaning", (0, 2), "by name"),
    (" Photo , MEANING ", (0, 2), "as usual names are compared"),
    ("3,1", (2, 0), "by number"),
    ("photo,2", (0, 1), "by both"),
]


@pytest.mark.parametrize(
    ("columns", "expected"), [row[:2] for row in CHOSEN], ids=[row[2] for row in CHOSEN]
)
def test_columns_that_a_person_names(columns, expected):
    options = SourceOptions(columns=columns)
    assert choose_columns(["photo", "image", "meaning"], options, "x.csv") == expected


def test_a_column_called_by_a_number_is_that_column():
    assert choose_columns(["2", "1"], SourceOptions(columns="1,2"), "x.csv") == (1, 0)


@pytest.mark.parametrize(
    ("names", "columns", "message"),
    [
        (
            ["name", "class"],
            None,
            "^columns: expected columns called image .* received name, class; ",
        ),
        ([], None, "received none; "),
        (["photo", "text"], "foto,text", "received 'foto'. Did you mean 'photo'?"),
        (["photo", "text"], "photo,3", "expected columns of x.csv: photo, text; received '3'"),
        (["photo", "text"], "photo,0", "received '0'"),
        (["photo", "text"], "1,photo", "expected two columns, received '1,photo', which is one"),
    ],
)
def test_columns_that_are_not_there(names, columns, message):
    with pytest.raises(InputError, match=message) as caught:
        choose_columns(names, SourceOptions(columns=columns), "x.csv")
    assert "\n" not in str(caught.value)
