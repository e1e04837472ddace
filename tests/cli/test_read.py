"""`ctckit read`: what it takes, what it prints, what it writes."""

import csv
import json
import os
import sys
from pathlib import Path

import pytest

from ctckit.cli import read
from ctckit.terminal import show_table
from tests.inference.tiny_model import write_image_in, write_run


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Work in a folder with one finished run and three images that it never saw."""
    monkeypatch.chdir(tmp_path)
    for name, text in (("a.png", "22"), ("b.png", "345"), ("c.jpg", "2")):
        write_image_in(Path("new"), name, text)
    return write_run(Path("Models/stripes_20250101-120000"), [("2345", "2345")])


def texts(lines):
    return {Path(line.split("\t")[0]).name: line.split("\t")[1] for line in lines}


@pytest.mark.parametrize(
    "words", [["new"], ["new/*"], ["*/*.png", "new/c.jpg"], ["**/[ab].png", "new/c.jpg"]]
)
def test_folders_and_wildcards(run, call, words):
    status, lines, said = call("read", *words)
    assert (status, said) == (0, "")
    assert texts(lines) == {"a.png": "22", "b.png": "345", "c.jpg": "2"}


@pytest.mark.parametrize("batch_size", [1, 2, 100])
def test_the_order_is_that_of_the_words(run, call, batch_size):
    words = ["new/b.png", "new/a.png", "new/b.png"]
    status, lines, _ = call("read", *words, "--batch-size", batch_size)
    assert [line.split("\t")[:2] for line in lines] == [
        ["new/b.png", "345"], ["new/a.png", "22"], ["new/b.png", "345"],
    ]  # fmt: skip


def test_only_some_characters_are_read(run, call):
    status, lines, said = call("read", "new", "--characters", "345")
    assert (status, said) == (0, "") and "2" not in "".join(texts(lines).values())
    for words, message in ((("26",), "received '6'; it knows 2345"), (("",), "at least one")):
        status, lines, said = call("read", "new", "--characters", *words)
        assert status == 2 and "--characters: expected" in said and message in said


def test_the_base_reads_without_a_run(run, call):
    status, lines, _ = call("read", "new", "--model", "base", "--characters", "0123456789")
    assert status == 0 and len(lines) == 3
    assert set("".join(texts(lines).values())) <= set("0123456789")


def test_a_csv_holds_names_and_texts_as_they_are(run, call):
    write_image_in(Path("new"), 'tab\t,"quote".png', "5")
    status, lines, said = call("read", "new", "--out", "sub/texts.csv")
    assert (status, lines) == (0, [])
    assert "sub/texts.csv" in said and "4 images" in said
    with Path("sub/texts.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["image"]: row for row in csv.DictReader(file)}
    assert rows['new/tab\t,"quote".png']["text"] == "5"
    assert rows["new/b.png"].keys() == {"image", "text", "confidence"}
    assert 0 < float(rows["new/b.png"]["confidence"]) <= 1


def test_lines_of_json(run, call):
    call("read", "new", "--out", "texts.jsonl", "--min-confidence", 1)
    rows = list(map(json.loads, Path("texts.jsonl").read_text(encoding="utf-8").splitlines()))
    assert {row["image"]: row["text"] for row in rows}["new/b.png"] == "345"
    assert all(row["accepted"] is False for row in rows)
    call("read", "new", "--out", "texts.csv", "--min-confidence", 0)
    header, *lines = Path("texts.csv").read_text(encoding="utf-8").splitlines()
    assert header == "image,text,confidence,accepted" and lines[0].endswith(",true")


def test_a_file_is_written_whole_or_not_at_all(run, call, monkeypatch):
    def fail(*_):
        raise KeyboardInterrupt

    Path("texts.csv").write_text("before")
    monkeypatch.setattr(read.Read, "_row", fail)
    assert call("read", "new", "--out", "texts.csv")[0] == 130
    assert Path("texts.csv").read_text() == "before"
    assert {path.name for path in Path().iterdir()} == {"Models", "new", "texts.csv"}


def test_unreadable_images_are_named_counted_and_the_others_read(run, call):
    Path("new/a.png").write_bytes(b"no image")
    status, lines, said = call("read", "new", "gone.png", "--json", "--batch-size", 2)
    result = json.loads(lines[-1])
    assert status == 1
    assert texts(lines[:-1]) == {"b.png": "345", "c.jpg": "2"}
    assert said.count("error: ") == 2 and "new/a.png" in said and "gone.png" in said
    assert "2 of 4 images could not be read" in said
    assert result["images"] == 2
    assert [row["image"] for row in result["unreadable"]] == ["new/a.png", "gone.png"]


def test_one_unreadable_image_gives_one_line(run, call):
    status, lines, said = call("read", "new/b.png", "gone.png")
    assert (status, len(lines), said.count("\n")) == (1, 1, 1)


def test_names_that_would_break_the_table_are_escaped(run, call):
    for name in ("a\tb.png", "c\nd.png", "e\\f.png"):
        write_image_in(Path("odd"), name, "2")
    status, lines, _ = call("read", "odd")
    assert status == 0
    assert [line.split("\t")[0] for line in lines] == [
        r"odd/a\tb.png", r"odd/c\nd.png", r"odd/e\\f.png",
    ]  # fmt: skip
    assert (
        json.loads(call("read", "odd", "--json")[1][-1])["readings"][0]["image"] == "odd/a\tb.png"
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("é 图 a b", "é 图 a b"),
        ("\t\n\r\\", r"\t\n\r\\"),
        ("\x0b\x1c\x85\u2028", r"\x0b\x1c\x85\u2028"),  # line ends for some programs
        (r"\t", r"\\t"),  # no tab
    ],
)
def test_a_cell_of_the_table_is_in_one_line(text, line, capsys):
    show_table([[text, "b"]])
    assert capsys.readouterr().out == f"{line}\tb\n"
    assert len(line.splitlines()) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are text elsewhere")
def test_names_that_are_no_text_can_be_printed(run, call):
    image = Path("new/a.png").rename(os.fsdecode(b"new/\x80.png"))
    for words in (
        [image],
        [image, "--json"],
        [image, "--out", "t.csv"],
        [image, "--out", "t.jsonl"],
    ):
        assert call("read", *words)[0] == 0
    assert call("read", image)[1][0].startswith("new/\\udc80.png\t22")
    assert json.loads(Path("t.jsonl").read_text())["image"] == image.as_posix()
    assert b"\nnew/\x80.png,22" in Path("t.csv").read_bytes()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["new", "--out", "texts.xlsx"], "--out: expected a file to write that ends in .csv or"),
        (["new", "--out", "texts"], "--out: expected a file to write that ends in .csv or .jsonl"),
        (["new", "--out", "new/a.png/t.csv"], "expected a place to write to"),
        (["new", "--batch-size", "0"], "--batch-size: expected 1 or more, received 0"),
        (["*.gif"], "expected files that match *.gif, received none"),
        (["new/a.png", "*.gif"], "expected files that match *.gif, received none"),
    ],
)
def test_bad_input_gives_one_line_and_status_2(run, call, words, message):
    status, lines, said = call("read", *words)
    assert (status, lines, said.count("\n")) == (2, [], 1)
    assert message in said


def test_results_come_while_images_are_read(run, monkeypatch, capsys):
    """Only the images at work are in memory: the first text is printed before the last is read."""
    model = read.ImageToWordModel(run)
    order = []
    prepared = model._prepared

    def watched(*arguments):
        for one in prepared(*arguments):
            assert one.pixels is None
            order.append(("read", one.place))
            yield one

    monkeypatch.setattr(model, "_prepared", watched)
    monkeypatch.setattr(read.Read, "open", lambda self, file: model)
    monkeypatch.setattr(
        read, "show_rows", lambda rows: order.extend(("shown", row["image"]) for row in rows)
    )
    monkeypatch.setattr(model, "num_threads", 2)
    read.Read(images=(*[Path("new/a.png")] * 300,), batch_size=1).run()
    first = next(index for index, step in enumerate(order) if step[0] == "shown")
    assert first < 10 and len(order) == 600
