"""`ctckit label`, as it is typed: flags, the server, what is left when it ends, and how."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from ctckit.cli.label import Label
from ctckit.sources.layouts import open_dataset
from tests.drawing import draw_folder
from tests.inference.tiny_model import write_run

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "received none"),
        (("photos", "--queue", "read.csv"), "received both"),
        (("photos", "--below", "90"), "--below: expected 0 to 1"),
        (("photos", "--port", "70000"), "--port: expected 0 to 65535"),
        (("photos", "--host", "0.0.0.0"), "expected a --token, or CTCKIT_TOKEN"),
        (("gone",), "does not exist"),
        (("--queue", "gone.csv"), "what ctckit read --out wrote"),
        (("photos", "--out", "mine.csv"), "typed elsewhere"),
        (("photos", "--out", "photos"), "--out: expected the name of a .csv"),
        (("photos", "--out", "labels.onnx"), "--out: expected the name of a .csv"),
        (("photos", "--token", "schlüssel"), "--token: expected printable ASCII"),
        (("--queue", "read.csv", "--suggestions", "mine.csv"), "leave it out"),
    ],
)
def test_what_cannot_be_is_one_line(call, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    draw_folder(tmp_path / "photos", count=2)
    (tmp_path / "mine.csv").write_text("image,label\n")
    status, _, said = call("label", *words, "--no-browser")
    assert status == 2 and message in said, said
    assert said.count("\n") == 1
    assert (tmp_path / "mine.csv").read_text() == "image,label\n"


@pytest.mark.parametrize("layout", ["none", "sidecars", "list"])
def test_where_the_labels_go_and_whether_it_learns(tmp_path, layout):
    """Beside a folder whose images have labels already: in it, one would hide the other."""
    photos = tmp_path / "photos"
    draw_folder(photos, count=2)
    first, second = sorted(photos.iterdir())
    if layout == "sidecars":
        for image in (first, second):
            image.with_suffix(".txt").write_text("12")
    elif layout == "list":
        (photos / "labels.csv").write_text(f"image,label\n{first.name},12\n{second.name},13\n")
    listed = photos / "labels.csv" if layout == "none" else tmp_path / "photos_labels.csv"
    for number in (1, 2):  # the second sitting is as the first one
        with Label(source=photos)._session() as session:
            assert (session.learner is not None) == (layout == "none")
            assert session.journal.path == listed
            shown = session.next("one")
            session.write(shown.place, f"3{number}", "labelled")
    rows = list(csv.DictReader(listed.open(newline="")))
    assert sorted(row["label"] for row in rows) == ["31", "32"]
    assert {row["state"] for row in rows} == {"labelled"}
    assert len(open_dataset(listed).samples) == 2


@contextmanager
def labelling(folder, *words):
    """Run the command; yield its process and the address of its page."""
    command = [sys.executable, "-m", "ctckit", "label", *map(str, words), "--no-browser"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            said = []
            for line in process.stderr:
                said.append(line)
                if found := re.search(r"http://[0-9.:]+", line):
                    break
            else:
                raise AssertionError("".join(said))
            page = f"{found[0]}/"
            wait_for(lambda: ask(page + "status", token=token_of(words)))
            yield process, page
        finally:
            process.kill()


def token_of(words):
    return words[words.index("--token") + 1] if "--token" in words else None


def ask(address, body=None, *, token=None, **headers):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data)
    request.add_header("Content-Type", "application/json")
    for name, value in headers.items():
        request.add_header(name, value)
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        return json.load(answer)


def wait_for(condition, seconds=120):
    deadline = time.monotonic() + seconds
    while True:
        try:
            if result := condition():
                return result
        except (OSError, urllib.error.URLError):
            pass
        assert time.monotonic() < deadline
        time.sleep(0.05)


def write(page, label):
    item = ask(page + "next", {"tab": "one"})["item"]
    body = {"label": label, "state": "labelled"}
    return ask(f"{page}items/{item['place']}", body)["status"]


@pytest.mark.slow
def test_what_is_typed_stays_whatever_ends_the_server(tmp_path):
    draw_folder(tmp_path / "photos", count=4)
    listed = tmp_path / "photos" / "labels.csv"
    with labelling(tmp_path, "photos", "--no-learn") as (process, page):
        assert write(page, "12")["labels"] == 1
        process.send_signal(signal.SIGKILL)
    with labelling(tmp_path, "photos", "--no-learn") as (process, page):
        assert write(page, "34")["labels"] == 2
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        assert f"labels      {Path('photos', 'labels.csv')}" in process.stderr.read()
    with labelling(tmp_path, "photos", "--no-learn") as (process, page):
        assert write(page, "56")["labels"] == 3
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert sorted(label for _, label in open_dataset(listed).samples) == ["12", "34", "56"]


@pytest.mark.slow
def test_two_servers_do_not_write_one_list(tmp_path):
    draw_folder(tmp_path / "photos", count=4)
    with labelling(tmp_path, "photos", "--no-learn"):
        words = [sys.executable, "-m", "ctckit", "label", "photos", "--no-browser", "--no-learn"]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        second = subprocess.run(
            words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
    assert second.returncode == 2 and "at work on" in second.stderr


@pytest.mark.slow
def test_pages_of_others_and_whoever_has_no_token_are_refused(tmp_path):
    draw_folder(tmp_path / "photos", count=4)
    with labelling(tmp_path, "photos", "--no-learn", "--token", "secret") as (_, page):
        assert ask(page + "status", token="secret")["images"] == 4
        for headers in (
            {},
            {"token": "guessed"},
            {"token": "secret", "Host": "evil.example"},
            {"token": "secret", "Origin": "http://evil.example"},
        ):
            with pytest.raises(urllib.error.HTTPError) as refused:
                ask(page + "next", {"tab": "one"}, **headers)
            assert refused.value.code in (401, 403)


@pytest.mark.slow
def test_a_run_is_corrected(tmp_path):
    run = write_run(tmp_path / "run", [("22", "22"), ("345", "33")])
    (run / "report").mkdir()
    (run / "configs.yaml").write_text("")
    with (run / "report" / "predictions.csv").open("w", newline="") as file:
        rows = [
            ["image", "label", "prediction", "confidence", "edits"],
            [run / "images" / "0.png", "22", "22", 0.9, 0],
            [run / "images" / "1.png", "33", "345", 0.9, 2],
        ]
        csv.writer(file).writerows(rows)
    with labelling(tmp_path, "run") as (process, page):
        item = ask(page + "next", {"tab": "one"})["item"]
        assert (item["label"], item["reading"]) == ("33", "345")
        ask(f"{page}items/{item['place']}", {"label": item["reading"], "state": "labelled"})
        process.send_signal(signal.SIGINT)
        process.wait(60)
    assert sorted(label for _, label in open_dataset(run / "labels.csv").samples) == ["22", "345"]


@pytest.mark.long
def test_it_learns_while_labels_are_typed(tmp_path):
    texts = draw_folder(tmp_path / "photos", count=40)
    with labelling(tmp_path, "photos", "--characters", "23456") as (_, page):
        for _ in range(20):
            item = ask(page + "next", {"tab": "one"})["item"]
            body = {"label": item["name"].partition(".")[0], "state": "labelled"}
            status = ask(f"{page}items/{item['place']}", body)["status"]
        assert status["training"] is not None and len(texts) == 40
        began = time.perf_counter()
        ask(page + "next", {"tab": "one"})
        assert time.perf_counter() - began < 5, "nobody waits for the training"
        wait_for(lambda: ask(page + "status")["reader_labels"] == 20, seconds=900)
        assert ask(page + "next", {"tab": "one"})["item"]["reading"] is not None
    assert (tmp_path / "photos" / "labels_reader.onnx").is_file()
