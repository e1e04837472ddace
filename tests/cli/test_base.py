"""The verbs `ctckit base …`, in this process."""

import csv

import pytest

from tests.render.conftest import FONTS


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def render(call, target, *flags):
    return call("base", "render", target, "--count", "5", "--fonts", FONTS, *flags)


def test_the_same_flags_draw_the_same_files(call, here):
    status, lines, _ = render(call, "first", "--seed", "7")
    assert status == 0 and lines == ["first  5 images, the first of them in preview.png"]
    with (here / "first" / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["image"] for row in rows] == [f"{number:07}.png" for number in range(5)]
    assert all(row["label"] for row in rows)
    assert render(call, "second", "--seed", "7")[0] == 0
    names = sorted(path.name for path in (here / "first").iterdir())
    assert names == sorted([*(row["image"] for row in rows), "labels.csv", "preview.png"])
    for name in names:
        assert (here / "first" / name).read_bytes() == (here / "second" / name).read_bytes()
    status, lines, _ = call("data", "check", "first", "--json")
    assert status == 0


def test_what_is_drawn_is_chosen(call, here):
    (here / "words").write_text("moon\n", encoding="utf-8")
    chosen = ("--characters", "mon", "--kinds", "scene,hand", "--words", "words")
    assert render(call, "set", *chosen)[0] == 0
    with (here / "set" / "labels.csv").open(encoding="utf-8", newline="") as file:
        assert {one for row in csv.DictReader(file) for one in row["label"]} <= set("mon ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "expected a new folder to draw into, received none"),
        (["new", "--count", "0"], "--count: expected 1 or more, received 0"),
        (["new", "--characters", " "], "--characters: expected at least one character"),
        (["new", "--seed", "-1"], "--seed: expected 0 or more, received -1"),
        (["new", "--kinds", "scene,postcard", "--fonts", FONTS],
         "--kinds: expected kinds among print, scene, captcha, hand, plate, display, received "
         "postcard"),
        (["new", "--fonts", "."], "--fonts: expected fonts (.otf, .ttc, .ttf)"),
        (["new", "--fonts", FONTS, "--words", "gone"],
         "--words: expected a text file with a word in each line, received gone"),
        ([FONTS, "--fonts", FONTS], "expected a place that is free"),
    ],
)  # fmt: skip
def test_bad_input_gives_one_line_and_leaves_nothing(call, here, words, message):
    status, lines, said = call("base", "render", *words)
    assert status == 2 and not lines
    assert message in said.replace("\n", " ")
    assert not list(here.iterdir())
