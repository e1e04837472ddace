"""The page of a set of images: what stands in it, and that it needs nothing else."""

import re

import pytest

from ctckit.data.check import scan
from ctckit.data.figures import set_figures
from ctckit.data.samples import Dataset, LeftOut, Sample
from ctckit.errors import InputError
from ctckit.report.page.data_page import data_page, save_data_page
from tests.drawing import draw_text, write_image
from tests.report.test_page import NASTY, Page

CHOICE = {"choice": [{"name": "width", "value": 200, "why": "as wide"}], "why_not": ""}


def draw_set(folder, labels, **more):
    images = [write_image(folder / f"{i}.png", draw_text(f"{i}")) for i in range(len(labels))]
    samples = [Sample(str(path), label) for path, label in zip(images, labels, strict=True)]
    return scan(Dataset("set", samples, **more))


def page_of(found, **more):
    html = data_page(set_figures(found) | CHOICE | more, found.dataset.everything)
    return Page(html)


def test_it_tells_counts_labels_and_choice(tmp_path):
    page = page_of(draw_set(tmp_path, ["ab", "ab", "c"], layout="file names", notes=("odd",)))
    assert "They can be trained on." in page.text
    assert "file names" in page.text and "odd" in page.text
    assert page.tags.count("img") == 3
    assert "width200as wide" in page.text.replace(" ", "").replace("aswide", "as wide")
    assert "Everything can be used." in page.text


def test_some_images_of_many_are_shown(tmp_path):
    assert page_of(draw_set(tmp_path, [f"{i}" for i in range(50)])).tags.count("img") == 17


def test_what_stands_against_training_is_told(tmp_path):
    page = page_of(draw_set(tmp_path, ["a", "b"]), choice=[], why_not="too few images")
    assert "They cannot be trained on: too few images" in page.text


def test_where_no_choice_is_known_this_is_told(tmp_path):
    page = page_of(draw_set(tmp_path, ["a", "b"]), choice=[])
    assert "Whether they can be trained on is not known here." in page.text


def test_records_left_out_are_listed(tmp_path):
    left_out = [LeftOut(f"{index}.png", "", "empty label") for index in range(203)]
    page = page_of(draw_set(tmp_path, ["a", "b"], left_out=left_out))
    assert "3 more are not listed" in page.text
    assert page.text.count("empty label") == 201


@pytest.mark.parametrize("text", [NASTY, "日本語", "שלום", ""])
def test_any_text_is_shown_as_it_is(tmp_path, text):
    left_out = [LeftOut(text, text, text)]
    found = draw_set(tmp_path, [text + "x", text or "y", "z"], left_out=left_out, notes=(text,))
    page = page_of(found)
    assert not {"script"} & set(page.tags)
    assert page.text.count(" ".join(text.split())) >= 5
    assert all(re.match(r"data:|#", link) for link in page.values("src", "href"))


def test_it_is_written_whole_or_not_at_all(tmp_path):
    found = draw_set(tmp_path, ["a", "b"])
    figures = set_figures(found) | CHOICE
    path = save_data_page(figures, found.dataset.everything, tmp_path / "new" / "check.html")
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    with pytest.raises(InputError, match=r"gone\.png"):
        save_data_page(figures, [Sample("gone.png", "a")], tmp_path / "no.html")
    assert not (tmp_path / "no.html").exists()
