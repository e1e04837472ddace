import pytest

from ctckit.errors import InputError
from ctckit.sources.options import SourceOptions
from ctckit.sources.tools.ppocr_labels import find_ppocr_labels, read_ppocr_labels
from tests.sources.trees import lay_out, pairs

BOXES = '[{"transcription": "cat", "points": [[0, 0], [9, 0], [9, 9], [0, 9]], "difficult": false}]'


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"Label__txt": f"photos/a.jpg\t{BOXES}\n"}, "Label.txt"),
        ({"Label__txt": "photos/a.jpg\t[]\n" + f"photos/b.jpg\t{BOXES}\n"}, "Label.txt"),
        ({"train__txt": 'a.jpg\t[{"points": [[0, 0]], "transcription": "x"}]\n'}, "train.txt"),
        (
            {"Label__txt": f"photos/a.jpg\t{BOXES}\n", "rec_gt__txt": "crop_img/a.jpg\tcat\n"},
            "rec_gt.txt",
        ),
        ({"rec_gt__txt": "crop_img/a.jpg\tcat\n"}, None),
        ({"gt__txt": "a.jpg\t[06]\n"}, None),
        ({}, None),
    ],
)
def test_lists_of_boxes(tmp_path, files, expected):
    assert find_ppocr_labels(lay_out(tmp_path, "a.jpg", **files)) == expected


def test_they_are_refused_with_what_to_give(tmp_path):
    tree = lay_out(tmp_path, "a.jpg", Label__txt=f"photos/a.jpg\t{BOXES}\n")
    with pytest.raises(InputError, match=r"Label.txt; .*Export Recognition Result.*rec_gt.txt"):
        read_ppocr_labels(tree, "Label.txt", SourceOptions())


def test_the_recognition_result_is_read(tmp_path):
    tree = lay_out(tmp_path, "crop_img/a_crop_0.jpg photos/a.jpg",
                   Label__txt=f"photos/a.jpg\t{BOXES}\n",
                   rec_gt__txt="crop_img/a_crop_0.jpg\tcat\n")  # fmt: skip
    listing = read_ppocr_labels(tree, find_ppocr_labels(tree), SourceOptions())
    assert pairs(listing) == [("a_crop_0.jpg", "cat")]
