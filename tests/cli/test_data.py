"""The verbs `ctckit data …`, in this process."""

import json
import shutil
import sys

import cv2
import numpy as np
import pytest

from ctckit.sources.layouts import LAYOUTS, open_dataset
from ctckit.sources.options import SourceOptions
from tests.drawing import draw_folder, draw_text, write_image


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    draw_folder(tmp_path / "set", count=30)
    choose_width_for_base(monkeypatch, None)
    return tmp_path


def choose_width_for_base(monkeypatch, stretch):
    """Have the base say at which stretch it reads images best, whatever the base of the day is."""
    monkeypatch.setattr("ctckit.training.preparation.stretch_for_base", lambda *_: stretch)


def labels(source):
    dataset = open_dataset(source, SourceOptions(empty_labels="keep"))
    parts = (dataset.samples, dataset.validation, dataset.test)
    return [sorted(label for _, label in part) for part in parts]


# The group


@pytest.mark.parametrize("words", [("data",), ("data", "--help"), ("data", "-h")])
def test_the_group_lists_its_verbs(call, words):
    status, lines, _ = call(*words)
    assert status == 0
    verbs = [line.split()[2] for line in lines if line.startswith("    ctckit")]
    assert verbs == ["check", "preview", "convert", "layouts"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["data", "chek"], "behind data, one of check, preview, convert, layouts, received 'chek'. "
         "Did you mean 'check'?"),
        (["dta"], "received 'dta'. Did you mean 'data'?"),
        (["data", "check"], "expected a folder, a .zip or a list of images, received none"),
        (["data", "check", "gone"], "gone does not exist"),
        (["data", "check", "set", "--layout", "nmes"], "--layout: expected one of "),
        (["data", "check", "set", "--rotate", "91"], "--rotate: expected one of 90, 270, auto"),
        (["data", "check", "set", "--unicode-form", "NF"], "--unicode-form: expected one of NFC"),
        (["data", "preview", "set", "--out", "a.jpg"], "--out: expected a .png, received a.jpg"),
        (["data", "preview", "set", "--images", "0"], "--images: expected 1 or more"),
        (["data", "preview", "set", "--augment", "stron"], "--augment: expected one of none, "
         "light, strong, growing, auto, received 'stron'. Did you mean 'strong'?"),
        (["data", "convert", "set"], "expected a source, and a new folder, .csv"),
        (["data", "convert", "set", "a.zip"], "a .csv, .txt or .lmdb, received a.zip"),
        (["data", "convert", "set", "set"], "set: expected a place that is free"),
    ],
)  # fmt: skip
def test_bad_input_gives_one_line_and_status_2(call, words, message):
    status, lines, said = call(*words)
    assert (status, lines) == (2, [])
    assert said.startswith("error: ") and said.count("\n") == 1
    assert message in said


def test_layouts(call):
    status, lines, _ = call("data", "layouts")
    assert status == 0
    assert [line.split()[0] for line in lines] == [layout.name for layout in LAYOUTS]


# check


def test_check(call):
    status, lines, _ = call("data", "check", "set")
    text = "\n".join(lines)
    assert status == 0
    assert lines[0] == "Dataset      set: 30 images"
    assert "Sizes        all 32 x 96 pixels" in text
    assert "Characters   5: " in text
    assert "width       152  (as images of 32 x 96, the median, have it at this height)" in text


def test_check_says_that_the_base_wants_more_width(call, monkeypatch):
    choose_width_for_base(monkeypatch, 1.6)
    _, lines, _ = call("data", "check", "set")
    said = "\n".join(lines)
    assert "width       auto  (as each image has it at this height, as few are read at" in said
    assert "stretch     1.6  (of the widths: for characters that are wide enough, of few" in said


def test_check_as_json(call):
    status, lines, _ = call("data", "check", "set", "--json")
    figures = json.loads(lines[-1])
    assert (status, figures["samples"], figures["why_not"]) == (0, 30, "")
    assert {row["name"]: row["value"] for row in figures["choice"]}["time steps"] == 19


def test_check_as_json_where_no_image_can_be_read(call, here):
    for path in (here / "set").iterdir():
        path.write_bytes(path.read_bytes()[:60])
    status, lines, _ = call("data", "check", "set", "--json")
    figures = json.loads(lines[-1])
    assert (status, figures["samples"]) == (2, 0)
    assert "none of 30 can be read" in figures["why_not"]


def test_check_as_page(call):
    status, lines, _ = call("data", "check", "set", "--page", "check.html")
    assert status == 0 and lines[-1] == "Page         check.html"
    assert "<!doctype html>" in open("check.html", encoding="utf-8").read()  # noqa: PTH123, SIM115


def test_what_cannot_be_trained_on_is_status_2_with_the_reason_behind_the_figures(call, here):
    for path in sorted((here / "set").iterdir())[1:]:
        path.unlink()
    status, lines, said = call("data", "check", "set")
    assert status == 2 and lines[0] == "Dataset      set: 1 image"
    assert "error: validation_fraction: expected to hold back some images" in said


def test_check_names_what_is_left_out(call, here):
    original = sorted((here / "set").iterdir())[0]
    shutil.copy(original, here / "set" / "zz.png")
    (here / "set" / "broken.png").write_bytes(b"x")
    write_image(here / "set" / "x.png", np.zeros((9, 9, 3), np.uint8))
    _, lines, _ = call("data", "check", "set")
    text = "\n".join(lines)
    assert "1 × copy of another image with another label" in text
    assert "1 × unreadable image" in text and "1 × blank image" in text
    assert f"zz.png: same pixels as {original.name}" in text


def test_a_character_that_occurs_once_is_said(call, here):
    rng = np.random.default_rng(0)
    rows = []
    for index in range(200):
        text = "".join(rng.choice(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), 4))
        label = "Ä" + text if index == 7 else text
        write_image(here / f"i{index}.png", draw_text(text, seed=index))
        rows.append(f"i{index}.png,{label}")
    (here / "labels.csv").write_text("image,label\n" + "\n".join(rows), encoding="utf-8")
    status, lines, _ = call("data", "check", "labels.csv")
    assert status == 0
    assert any(line.startswith("Note") and "'Ä'" in line and "only once" in line for line in lines)


# preview


def test_preview(call, here):
    status, lines, _ = call("data", "preview", "set", "--images", 3, "--height", 40)
    assert status == 0 and lines == ["preview.png  3 of 30 images, as 40 x 120 x 3"]
    assert cv2.imread(str(here / "preview.png")).shape[1] == 14 + 4 * 254


def test_preview_varies_the_images_as_a_training_would_or_as_it_is_told(call, here):
    def drawn(*words):
        status, _, _ = call("data", "preview", "set", "--images", 4, *words)
        assert status == 0
        return cv2.imread(str(here / "preview.png"))

    as_trained, light, strong = drawn(), *(drawn("--augment", name) for name in ("light", "strong"))
    assert np.array_equal(as_trained, light)
    assert strong.shape == light.shape and not np.array_equal(strong, light)
    assert drawn("--augment", "none").shape[0] < light.shape[0] / 2  # each image once


# convert


@pytest.fixture
def odd_labels(here):
    """A list whose labels are hard to keep."""
    odd = ["a,b", 'say "so"', "a;b", "a|b", "'", "ÄÖ", "日本", "שלום", "", "x y", "1.5", "a.png"]
    for index in range(len(odd)):
        write_image(here / f"o{index}.png", draw_text(f"{index}"))
    cells = [label.replace('"', '""') for label in odd]
    lines = [f'o{index}.png,"{cell}"' for index, cell in enumerate(cells)]
    (here / "odd.csv").write_text("image,label\n" + "\n".join(lines), encoding="utf-8")
    return "odd.csv"


@pytest.mark.parametrize(
    "target", ["new", "deep/new", "new.csv", "deep/new.csv", "new.txt", "new.lmdb"]
)
def test_what_is_converted_opens_to_the_same_labels(call, odd_labels, target):
    status, lines, _ = call("data", "convert", odd_labels, target, "--empty-labels", "keep")
    assert status == 0 and lines == [f"{target}  12 images, 0 left out"]
    assert labels(target) == labels(odd_labels)


def test_labels_with_tabs(call, here):
    rows = "\n".join(f'{path},"a\tb{path.stem}"' for path in sorted((here / "set").iterdir()))
    (here / "tabs.csv").write_text("image,label\n" + rows, encoding="utf-8")
    assert call("data", "convert", "tabs.csv", "new.csv")[0] == 0
    assert call("data", "convert", "tabs.csv", "new")[0] == 0
    assert labels("new.csv") == labels("new") == labels("tabs.csv")
    status, _, said = call("data", "convert", "tabs.csv", "new.txt")
    assert status == 2 and "received 'a\\tb2" in said
    assert not (here / "new.txt").exists()


@pytest.mark.parametrize("target", ["new", "new.csv", "new.txt", "new.lmdb"])
def test_parts_stay_parts(call, here, target):
    for part, count in (("train", 6), ("val", 3), ("test", 2)):
        texts = draw_folder(here / "parts" / part, count=count, seed=count)
        rows = "\n".join(f"{text}.png,{text}" for text in texts)
        (here / "parts" / part / "labels.csv").write_text(f"image,label\n{rows}\n")
    status, lines, _ = call("data", "convert", "parts", target)
    assert status == 0 and "11 images (train 6, val 3, test 2)" in lines[0]
    if target == "new":
        assert labels("new") == labels("parts")
    else:
        files = [target.replace(".", f".{part}.") for part in ("train", "val", "test")]
        assert [labels(file)[0] for file in files] == labels("parts")


def test_lists_of_parts_are_one_set_in_a_folder(call, here):
    test_parts_stay_parts(call, here, "lists/all.csv")
    assert labels("lists") == labels("parts")


def test_records_left_out_are_named(call, here):
    names = sorted(path.name for path in (here / "set").iterdir())
    rows = "\n".join(f"{name},{'' if name == names[3] else 'x'}" for name in names)
    (here / "set" / "labels.csv").write_text(f"image,label\n{rows}\n")
    status, lines, said = call("data", "convert", "set", "new.csv")
    assert status == 0 and lines == ["new.csv  29 images, 1 left out"]
    assert f"{names[3]}: empty label" in said


@pytest.mark.parametrize("target", ["new", "new.lmdb"])
def test_what_is_no_image_is_not_copied(call, here, target):
    (here / "id_rsa").write_text("-----BEGIN OPENSSH PRIVATE KEY-----")
    image = next((here / "set").glob("*.png"))
    (here / "list.csv").write_text(f"image,label\n{image},ab\nid_rsa,cd\n", encoding="utf-8")
    status, _, said = call("data", "convert", "list.csv", target)
    assert status == 2 and "id_rsa: not an image" in said
    assert not (here / target).exists()


def test_nothing_is_left_where_converting_fails(call, here):
    before = sorted(here.iterdir())
    (here / "set" / "labels.csv").write_text("image,label\n" + "\n".join(
        f"{path.name},x" for path in sorted((here / "set").glob("*.png"))
    ))  # fmt: skip
    (next((here / "set").glob("*.png"))).chmod(0)
    status, *_ = call("data", "convert", "set", "new.txt/deeper")
    (here / "file").touch()
    status, _, said = call("data", "convert", "set", "file/new")
    assert status == 2 and "expected a place to write to" in said
    assert sorted(here.iterdir())[: len(before)] != [] and not list(here.glob(".unfinished*"))


def test_a_package_that_is_missing_is_named(call, here, monkeypatch):
    monkeypatch.setitem(sys.modules, "lmdb", None)
    status, _, said = call("data", "convert", "set", "new.lmdb")
    assert status == 2 and "expected the package lmdb, received none" in said
    assert said.count("\n") == 1 and not list(here.glob("*new*"))


def test_without_what_training_needs_the_check_says_what_it_cannot(call, monkeypatch):
    monkeypatch.setitem(sys.modules, "yaml", None)
    for name in ("config", "training.configs", "training.preparation"):
        monkeypatch.delitem(sys.modules, f"ctckit.{name}", raising=False)
    status, lines, said = call("data", "check", "set")
    assert status == 0 and lines[0] == "Dataset      set: 30 images"
    assert "pip install 'ctckit[train]'" in said
    status, _, said = call("data", "preview", "set")
    assert status == 2 and "pip install 'ctckit[train]'" in said
