import re

import pytest

from ctckit.data.samples import Dataset, Sample
from ctckit.data.writing import parts_of, write_folder, write_list
from ctckit.errors import InputError
from tests.drawing import draw_text, write_image


@pytest.fixture
def samples(tmp_path):
    """Three images in two folders, two of which have the same name, and one without a suffix."""
    (tmp_path / "more").mkdir()
    places = [tmp_path / "a.png", tmp_path / "more" / "A.png", tmp_path / "more" / "b.jpg"]
    for place in places:
        write_image(place, draw_text(place.stem))
    plain = places[2].rename(tmp_path / "more" / "b")
    return [Sample(str(places[0]), "x"), Sample(str(places[1]), 'y,"'), Sample(str(plain), "z")]


@pytest.mark.parametrize(
    ("parts", "names"),
    [
        ({}, [""]),
        ({"validation": 1}, ["train", "val"]),
        ({"test": 1}, ["train", "test"]),
        ({"validation": 1, "test": 1}, ["train", "val", "test"]),
    ],
)
def test_parts(parts, names):
    some = [Sample("a.png", "a")]
    dataset = Dataset("set", some, **dict.fromkeys(parts, some))
    assert list(parts_of(dataset)) == names


def test_a_folder_holds_the_bytes_of_the_images_under_names_of_their_own(samples, tmp_path):
    target = tmp_path / "target"
    write_folder({"": samples}, target)
    assert (target / "labels.csv").read_text() == 'image,label\na.png,x\nA-2.png,"y,"""\nb.jpg,z\n'
    assert (target / "A-2.png").read_bytes() == (tmp_path / "more" / "A.png").read_bytes()
    assert (target / "b.jpg").read_bytes() == (tmp_path / "more" / "b").read_bytes()


def test_each_part_has_a_folder(samples, tmp_path):
    write_folder({"train": samples[:2], "val": samples[2:]}, tmp_path / "target")
    assert (tmp_path / "target" / "val" / "labels.csv").read_text() == "image,label\nb.jpg,z\n"


def test_a_list_names_images_below_it_relatively(samples, tmp_path):
    write_list(samples, tmp_path / "list.csv", tmp_path / "more")
    assert (tmp_path / "list.csv").read_text() == (
        f'image,label\n{samples[0].image},x\nA.png,"y,"""\nb,z\n'
    )
    write_list(samples[::2], tmp_path / "list.txt", tmp_path)
    assert (tmp_path / "list.txt").read_text() == "a.png\tx\nmore/b\tz\n"


@pytest.mark.parametrize("label", ["a\tb", "a\nb", '"5'])
def test_what_a_text_file_cannot_hold_is_named(samples, tmp_path, label):
    with pytest.raises(InputError, match=re.escape(repr(label))):
        write_list([samples[0]._replace(label=label)], tmp_path / "list.txt", tmp_path)
    assert not (tmp_path / "list.txt").exists()
