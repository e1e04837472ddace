"""`ctckit read --shard`: who reads what, what is kept when it ends, how it is put together."""

import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from ctckit.cli import read, shards
from ctckit.cli.shards import Shard, parse_shard
from ctckit.errors import InputError
from ctckit.inference.reader import ImageToWordModel
from ctckit.locks import held
from tests.drawing import write_image
from tests.inference.tiny_model import draw_stripes, write_image_in, write_model
from tests.killing import killed_at_step

TEXTS = ["22", "345", "2", "5432", "3", "44", "", "25", "333", "4", "52"]
NAMES = [f"{place:02}.png" for place in range(len(TEXTS))]
ROOT = Path(__file__).parents[2]
HAS_KILL = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")


@pytest.fixture
def read_to(tmp_path, monkeypatch, call):
    """Work beside a model and eleven images of other widths, with parts of two images."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(shards, "PART_SIZE", 2)
    write_model(Path("model.onnx"), free_width=True)
    Path("new").mkdir()
    for name, text in zip(NAMES, TEXTS, strict=True):
        write_image(Path("new") / name, draw_stripes(text, 24 + 16 * len(text)))
    return lambda out, *words: call("read", "new", "--model", "model.onnx", "--out", out, *words)


def lines_of(path):
    return list(map(json.loads, Path(path).read_text(encoding="utf-8").splitlines()))


def interrupted_after(monkeypatch, images):
    """Let Ctrl-C come when so many images are read."""
    read_so_far = []

    def row(self, *reading, _row=read.Read._row):
        read_so_far.append(reading)
        if len(read_so_far) > images:
            raise KeyboardInterrupt
        return _row(self, *reading)

    monkeypatch.setattr(read.Read, "_row", row)
    return read_so_far


@pytest.mark.parametrize("images", [0, 1, 2, 7, 1000, 1003])
@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_shards_share_all_images(images, count):
    everyone = Shard(1, count).all
    places = [shard.places(images) for shard in everyone]
    assert [place for each in places for place in each] == list(range(images))
    assert max(map(len, places)) - min(map(len, places)) <= 1
    parts = [part for shard in everyone for part in shard.parts(images)]
    assert [place for part in parts for place in part.places] == list(range(images))
    names = [part.name for part in parts]
    assert names == sorted(set(names))


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("0/4", "expected 1/4 to 4/4, received '0/4'"),
        ("5/4", "expected 1/4 to 4/4, received '5/4'"),
        ("1/0", "expected 1/1 to 1/1, received '1/0'"),
        ("a/b", "such as 1/4, received 'a/b'"),
        ("1", "such as 1/4, received '1'"),
        ("-1/4", "such as 1/4, received '-1/4'"),
        ("1/4/4", "such as 1/4, received '1/4/4'"),
        ("", "such as 1/4, received ''"),
        ("²/4", "such as 1/4, received '²/4'"),
    ],
)
def test_what_is_no_shard_gives_one_line(read_to, word, message):
    status, lines, said = read_to("t.csv", f"--shard={word}")
    assert (status, lines, said.count("\n")) == (2, [], 1)
    assert said.startswith("error: --shard: expected") and message in said
    with pytest.raises(InputError):
        parse_shard(word)


def test_a_shard_alone_is_printed(read_to, call):
    words = ("read", "new", "--model", "model.onnx", "--shard")
    halves = [call(*words, f"{number}/2")[1] for number in (1, 2)]
    assert list(map(len, halves)) == [5, 6]
    assert sum(halves, []) == call("read", "new", "--model", "model.onnx")[1]


@pytest.mark.parametrize("out", ["t.jsonl", "t.csv", "t.parquet"])
def test_shards_in_any_order_give_the_file_of_one_process(read_to, out):
    needs_pyarrow(out)
    assert read_to(f"whole/{out}")[0] == 0
    for number in (3, 1, 2):
        assert not Path(out).exists()
        status, lines, said = read_to(out, "--shard", f"{number}/3", "--json")
        assert status == 0
        told = json.loads(lines[-1])
        assert (told["out"], told["shard"]) == (out, f"{number}/3")
        others = {3: [1, 2], 1: [2], 2: []}[number]
        assert told["missing_shards"] == others
        assert ("missing: " in said) == bool(others)
        for other in others:
            assert f"{other}/3" in said
    assert Path(out).read_bytes() == Path("whole", out).read_bytes()
    assert [path.name for path in Path("whole").iterdir()] == [out]
    assert [path.name for path in Path(f"{out}.parts").iterdir() if path.name[0] != "."] == [
        "_read.json"
    ]


def test_more_shards_than_images(read_to):
    read_to("whole.jsonl")
    for number in range(13, 0, -1):
        assert read_to("t.jsonl", "--shard", f"{number}/13")[0] == 0
    assert lines_of("t.jsonl") == lines_of("whole.jsonl")


def test_the_summary_says_how_much_and_how_fast(read_to):
    said = read_to("t.csv", "--shard", "1/2")[2]
    assert said.startswith("t.csv 1/2  5 images; 5 read in 0 s, ")
    assert "images per second\nmissing: shard 2/2; t.csv is complete when" in said
    told = json.loads(read_to("u.csv", "--json")[1][-1])
    assert told["images"] == 11 and told["images_per_second"] > 0 and told["seconds"] > 0


@pytest.mark.parametrize("words", [(), ("--shard", "1/1")])
def test_what_was_broken_off_goes_on(read_to, monkeypatch, words):
    read_to("whole.jsonl")
    with monkeypatch.context() as patched:
        interrupted_after(patched, 7)
        status, _, said = read_to("t.jsonl", *words)
        assert status == 130 and "what was read is kept" in said
    assert not Path("t.jsonl").exists()
    again = interrupted_after(monkeypatch, 100)
    status, _, said = read_to("t.jsonl", *words)
    assert status == 0 and "going on: 6 of 11 images were read before" in said
    assert [Path(image).name for image, *_ in again] == NAMES[6:]
    assert Path("t.jsonl").read_bytes() == Path("whole.jsonl").read_bytes()
    assert not Path("t.jsonl.parts").exists()


def test_an_older_file_stays_until_the_new_one_is_whole(read_to, monkeypatch):
    Path("t.jsonl").write_text("before")
    with monkeypatch.context() as patched:
        interrupted_after(patched, 7)
        read_to("t.jsonl")
    assert Path("t.jsonl").read_text() == "before"
    read_to("t.jsonl")
    assert len(lines_of("t.jsonl")) == 11


def test_results_beside_the_images_change_nothing(read_to, monkeypatch):
    with monkeypatch.context() as patched:
        interrupted_after(patched, 7)
        read_to("new/t.jsonl")
    assert read_to("new/t.jsonl")[0] == 0
    assert [Path(row["image"]).name for row in lines_of("new/t.jsonl")] == NAMES


def another_model():
    write_model(Path("model.onnx"))


def another_image():
    write_image_in(Path("new"), "99.png", "2")


@pytest.mark.parametrize(
    ("words", "change", "names"),
    [
        (("--characters", "234"), None, "characters None"),
        (("--min-confidence", "0.5"), None, "min_confidence None"),
        (("--pattern", "[2-5]*"), None, "pattern None"),
        (("--lexicon", "words.txt"), None, "lexicon None"),
        (("--shard", "2/3"), None, "shards 1"),
        ((), another_model, "model "),
        ((), another_image, "images 11 ("),
    ],
)
def test_another_command_does_not_go_on(read_to, monkeypatch, words, change, names):
    Path("words.txt").write_text("22\n345\n")
    with monkeypatch.context() as patched:
        interrupted_after(patched, 7)
        read_to("t.jsonl")
    before = sorted(Path("t.jsonl.parts").glob("shard-*"))
    if change:
        change()
    status, _, said = read_to("t.jsonl", *words)
    assert (status, said.count("\n")) == (2, 1)
    assert said.startswith(f"error: expected the command that began t.jsonl.parts, with {names}")
    assert "remove t.jsonl.parts to read all anew" in said
    assert sorted(Path("t.jsonl.parts").glob("shard-*")) == before and len(before) == 3


def test_flags_that_change_no_text_may_differ(read_to, monkeypatch):
    with monkeypatch.context() as patched:
        interrupted_after(patched, 7)
        read_to("t.jsonl")
    shutil.copy("model.onnx", "copy.onnx")
    assert read_to("t.jsonl", "--batch-size", 3, "--num-threads", 1, "--model", "copy.onnx")[0] == 0


def test_shards_that_are_joined_are_not_read_again(read_to, monkeypatch):
    for number in (1, 2):
        read_to("t.jsonl", "--shard", f"{number}/2")
    before = Path("t.jsonl").stat().st_mtime_ns
    again = interrupted_after(monkeypatch, 0)
    status, lines, said = read_to("t.jsonl", "--shard", "2/2", "--json")
    assert (status, again) == (0, []) and "t.jsonl is complete already" in said
    assert json.loads(lines[-1])["missing_shards"] == []
    assert Path("t.jsonl").stat().st_mtime_ns == before


@pytest.mark.parametrize("words", [(), ("--characters", "234")])
def test_a_file_that_is_removed_or_of_another_command_is_read_anew(read_to, words):
    for number in (1, 2):
        read_to("t.jsonl", "--shard", f"{number}/2")
    if not words:
        Path("t.jsonl").unlink()
    for number in (1, 2):
        status, _, said = read_to("t.jsonl", "--shard", f"{number}/2", *words)
        assert status == 0 and "complete already" not in said
    assert len(lines_of("t.jsonl")) == 11
    assert not any("5" in row["text"] for row in lines_of("t.jsonl")) or not words


def test_joining_that_was_broken_off_is_done_by_the_next(read_to, monkeypatch):
    read_to("whole.jsonl")
    read_to("t.jsonl", "--shard", "1/2")
    with monkeypatch.context() as patched:
        patched.setattr("ctckit.cli.read_parts.put_in_place", interrupt)
        assert read_to("t.jsonl", "--shard", "2/2")[0] == 130
    assert not Path("t.jsonl").exists()
    again = interrupted_after(monkeypatch, 0)
    assert read_to("t.jsonl", "--shard", "1/2")[0] == 0 and again == []
    assert Path("t.jsonl").read_bytes() == Path("whole.jsonl").read_bytes()
    assert not list(Path("t.jsonl.parts").glob("*joined*"))


def interrupt(*_):
    raise KeyboardInterrupt


def test_a_second_process_on_a_shard_is_refused(read_to):
    read_to("t.jsonl", "--shard", "1/2")
    with held(Path("t.jsonl.parts/.shard-00001-of-00002.lock"), what="it"):
        status, _, said = read_to("t.jsonl", "--shard", "1/2")
        assert (status, said.count("\n")) == (2, 1)
        assert "expected shard 1/2 of t.jsonl to be free, received one that process " in said
        assert read_to("t.jsonl", "--shard", "2/2")[0] == 0  # another one is


def test_a_folder_of_something_else_is_refused(read_to):
    Path("t.csv.parts").mkdir()
    Path("t.csv.parts/mine.txt").write_text("x")
    status, _, said = read_to("t.csv")
    assert (status, said.count("\n")) == (2, 1)
    assert "t.csv.parts: expected a place that is free" in said
    assert Path("t.csv.parts/mine.txt").read_text() == "x"


@pytest.mark.parametrize("broken", [[0], [5], [10], [4, 5, 6, 7], list(range(11))])
def test_each_image_has_one_row_also_if_it_cannot_be_read(read_to, monkeypatch, broken):
    for place in broken:
        Path("new", NAMES[place]).write_bytes(b"no image")
    with monkeypatch.context() as patched:
        interrupted_after(patched, 5)
        read_to("t.jsonl")
    status, lines, _ = read_to("t.jsonl", "--json")
    told = json.loads(lines[-1])
    assert status == 1
    assert [Path(row["image"]).name for row in told["unreadable"]] == [NAMES[p] for p in broken]
    assert told["images"] == 11 - len(broken)
    rows = lines_of("t.jsonl")
    assert [Path(row["image"]).name for row in rows] == NAMES
    for place, row in enumerate(rows):
        assert ("error" in row) == (place in broken)
        assert row["text"] == (None if place in broken else TEXTS[place])
        assert (row["confidence"] is None) == (place in broken)


def test_a_csv_has_a_column_for_errors_if_there_are_any(read_to):
    assert read_to("fine.csv")[0] == 0
    Path("new/03.png").write_bytes(b"no image")
    assert read_to("t.csv", "--min-confidence", 0)[0] == 1
    with Path("t.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["image", "text", "confidence", "accepted", "error"]
    assert "new/03.png" in rows[3]["error"] and not rows[2]["error"]
    assert (rows[3]["text"], rows[3]["confidence"], rows[3]["accepted"]) == ("", "", "false")
    assert Path("fine.csv").read_text().splitlines()[0] == "image,text,confidence"


def needs_pyarrow(out):
    if "parquet" in out:
        pytest.importorskip("pyarrow", reason="the package pyarrow of ctckit[parquet]")


@pytest.mark.parametrize("out", ["t/", "there", "t.parquet"])
def test_parquet(read_to, monkeypatch, out):
    dataset = pytest.importorskip("pyarrow.dataset")
    Path("there").mkdir()
    Path("new/03.png").write_bytes(b"no image")
    with monkeypatch.context() as patched:
        interrupted_after(patched, 3)
        assert read_to(out, "--shard", "1/2")[0] == 130
    for number in (2, 1, 1):  # once more: nothing is to do
        status, _, said = read_to(out, "--shard", f"{number}/2")
        assert status == (1 if "complete already" not in said and number == 1 else 0)
    table = dataset.dataset(out).to_table()
    assert table.schema.names == ["image", "text", "confidence", "error"]
    rows = table.to_pylist()
    assert [Path(row["image"]).name for row in rows] == NAMES
    assert [row["text"] for row in rows] == [*TEXTS[:3], None, *TEXTS[4:]]
    assert [place for place, row in enumerate(rows) if row["error"]] == [3]


def test_a_folder_that_holds_something_is_no_place_for_parquet(read_to):
    pytest.importorskip("pyarrow")
    status, _, said = read_to("new/")
    assert (status, said.count("\n")) == (2, 1)
    assert "new: expected a place that is free" in said
    assert sorted(path.name for path in Path("new").iterdir() if path.suffix == ".png") == NAMES


def test_parquet_needs_its_package(read_to, monkeypatch):
    monkeypatch.setattr("ctckit.cli.running.find_spec", lambda name: None)
    for out in ("t/", "t.parquet"):
        status, lines, said = read_to(out)
        assert (status, lines, said.count("\n")) == (2, [], 1)
        assert "without pyarrow; do: pip install 'ctckit[parquet]'" in said


@pytest.mark.parametrize("free_width", [True, False])
def test_a_part_is_read_to_the_bit_as_among_others(tmp_path, free_width):
    """Of random images the probabilities depend on the company that an image is read in."""
    model = ImageToWordModel(
        write_model(tmp_path / "model.onnx", free_width=free_width), num_threads=2
    )
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 255, (8, 8 * rng.integers(1, 9))).astype(np.uint8) for _ in range(50)]
    whole = [row for rows in model.in_order(images, 4, part_size=7) for row in rows]
    assert [place for place, _ in whole] == list(range(50))
    for start in range(0, 50, 7):
        part = [row for rows in model.in_order(images[start : start + 7], 4) for row in rows]
        assert [reading for _, reading in part] == [reading for _, reading in whole[start:][:7]]


SLOWLY = """
import sys, time
from ctckit.cli import main, read, shards
shards.PART_SIZE = 20
row = read.Read._row
def slow(*arguments):
    time.sleep(0.001)
    return row(*arguments)
read.Read._row = slow
main()
"""


def kill_and_compare(folder, out, *, count, kills, seed):
    """Kill all of some processes that share a read when each has gone on a little; compare."""
    rng = random.Random(seed)
    write_model(folder / "model.onnx", free_width=True)
    (folder / "new").mkdir()
    for place in range(40):
        text = TEXTS[place % 11]
        write_image(folder / f"new/{place:02}.png", draw_stripes(text, 24 + 16 * len(text)))
    (folder / "new/07.png").write_bytes(b"no image")
    names = [f"new/{place:02}.png" for place in range(40)]
    (folder / "list.txt").write_text("\n".join(names * 25) + "\n")

    def start(target, number=1, count=1):
        command = [sys.executable, "-c", SLOWLY, "read", "list.txt", "--model", "model.onnx"]
        return subprocess.Popen(
            [*command, "--out", target, "--shard", f"{number}/{count}"],
            cwd=folder, stderr=subprocess.PIPE, text=True,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip

    calm = start(f"calm/{out}")
    assert calm.communicate()[1].count("error: ") == 25 and calm.returncode == 1
    killed, went_on = 0, 0
    parts = folder / f"{out}.parts"
    while killed < kills or not (folder / out).exists():
        if (folder / out).exists():  # it was faster than the kill: once more
            (folder / out).unlink()
            shutil.rmtree(parts, ignore_errors=True)
        enough = len(list(parts.glob("shard-*"))) + rng.randint(1, 4)
        running = [start(out, number, count) for number in range(1, count + 1)]
        if killed < kills:
            while len(list(parts.glob("shard-*"))) < enough and None in [p.poll() for p in running]:
                time.sleep(0.005)
            time.sleep(rng.uniform(0, 0.05))
            for each in running:
                each.kill()
        for each in running:
            went_on += "going on: " in each.communicate()[1]
            # 0: another one has put all together before this one began.
            assert each.returncode in (0, 1, -signal.SIGKILL)
            killed += each.returncode == -signal.SIGKILL
    assert went_on
    assert (folder / out).read_bytes() == (folder / "calm" / out).read_bytes()
    assert not list(folder.rglob("*shard-*.jsonl"))


@HAS_KILL
@pytest.mark.slow
def test_three_kills_change_nothing(tmp_path):
    kill_and_compare(tmp_path, "t.jsonl", count=2, kills=3, seed=0)


@HAS_KILL
@pytest.mark.long
@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("out", ["t.jsonl", "t.csv"])
def test_ten_kills_change_nothing(tmp_path, out, count):
    kill_and_compare(tmp_path, out, count=count, kills=10, seed=1)


KILLED_AT = (
    """
from ctckit.cli import main, read, shards
shards.PART_SIZE = 4
"""
    + killed_at_step("t.csv")
    + "main()"
)


@HAS_KILL
@pytest.mark.long
@pytest.mark.parametrize("shard", [(), ("--shard", "2/2")])
def test_a_kill_at_any_step_that_touches_a_file_changes_nothing(read_to, monkeypatch, shard):
    monkeypatch.setattr(shards, "PART_SIZE", 4)
    Path("new/03.png").write_bytes(b"no image")
    read_to("calm/t.csv")
    words = ["read", "new", "--model", "model.onnx", "--out", "t.csv", *shard]
    for step in range(1, 1000):
        shutil.rmtree("t.csv.parts", ignore_errors=True)
        Path("t.csv").unlink(missing_ok=True)
        if shard:
            read_to("t.csv", "--shard", "1/2")
        killed = subprocess.run(
            [sys.executable, "-c", KILLED_AT, str(step), *words],
            env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, check=False,
        ).returncode  # fmt: skip
        assert killed in (0, 1, -signal.SIGKILL)
        if Path("t.csv").exists():
            assert Path("t.csv").read_bytes() == Path("calm/t.csv").read_bytes()
        assert read_to("t.csv", *shard)[0] in (0, 1)
        assert Path("t.csv").read_bytes() == Path("calm/t.csv").read_bytes()
        files = {path.name for path in Path("t.csv.parts").glob("*")}
        assert bool(files) == bool(shard)
        assert {name for name in files if not name.endswith(".lock")} <= {"_read.json"}
        if killed != -signal.SIGKILL:
            break
    assert step > 30
