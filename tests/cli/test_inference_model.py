"""The command line of reading, from the words typed to the exit status."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

import inferenceModel
from ctckit.cli.running import run_command
from tests.inference.tiny_model import metadata, write_csv, write_image_in, write_model, write_run

ROOT = Path(__file__).parents[2]
PAIRS = [("2345", "2345"), ("22", "23"), ("", "5")]  # drawn, and said to be


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Work in a folder with one finished run."""
    monkeypatch.chdir(tmp_path)
    return write_run(Path("Models/stripes_20250101-120000"), PAIRS)


@pytest.fixture
def call(monkeypatch, capsys):
    """Call the command in this process: exit status, lines on stdout, text on stderr."""

    def command(*words):
        monkeypatch.setattr(sys, "argv", ["inferenceModel.py", *map(str, words)])
        try:
            status = run_command(inferenceModel.main)
        except SystemExit as end:
            status = end.code
        said = capsys.readouterr()
        return status, said.out.splitlines(), said.err

    return command


def call_process(*words, **options):
    return subprocess.run(
        [sys.executable, str(ROOT / "inferenceModel.py"), *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        **options,
    )


def read_csv(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_without_arguments(run, call):
    status, lines, _ = call()
    assert status == 0
    assert lines[0] == "CER            28.57%  (2 of 7 characters)"
    assert lines[1] == "texts misread  66.67%  (2 of 3 images; 95 % interval 20.77% to 93.85%)"
    assert lines[2] == "most frequent  3→2 1, 5→∅ 1"
    assert lines[6].split() == ["truth", "read", "edits", "confidence", "image"]
    assert lines[8].split()[:3] == ["23", "22", "1"]
    rows = read_csv(run / "report" / "predictions.csv")
    assert [row[1:3] for row in rows] == [["label", "prediction"], *[[b, a] for a, b in PAIRS]]
    assert cv2.imread(str(run / "report" / "predictions.png")).ndim == 3
    figures = json.loads((run / "report" / "evaluation.json").read_text(encoding="utf-8"))
    assert (figures["CER"], figures["misread"]) == (2 / 7, 2)
    assert "<html" in (run / "report" / "evaluation.html").read_text(encoding="utf-8")


def test_json_is_the_last_line(run, call):
    status, lines, _ = call("--json", "--batch-size", 2, "--num-threads", 1)
    result = json.loads(lines[-1])
    assert status == 0
    assert (result["CER"], result["WER"], result["images"]) == (2 / 7, 2 / 3, 3)
    assert result["images_per_second"] > 0
    assert Path(result["model"]) == run / "model.onnx"
    assert Path(result["csv"]) == run / "val.csv"
    assert Path(result["predictions"]) == run / "report" / "predictions.csv"


def test_the_newest_finished_run_is_taken(run, call):
    newer = write_run(Path("Models/other_20250102-000000"), [("5", "5")])
    unfinished = write_run(Path("Models/z_20260101-000000"), [("4", "4")])
    (unfinished / "model.onnx").unlink()
    Path("Models/README.md").touch()
    assert Path(json.loads(call("--json")[1][-1])["model"]) == newer / "model.onnx"


def test_labels_of_digits_stay_text(run, call):
    image = write_image_in(Path("mine"), "a.png", "22")
    status, _, _ = call("--csv", write_csv(Path("mine/own.csv"), [[image.name, "0022"]]))
    assert status == 0
    assert read_csv(Path("mine/own_predictions.csv"))[1][1:3] == ["0022", "22"]
    assert not (run / "report").exists()  # what stands there is about val.csv


def test_predictions_go_where_one_wants(run, call):
    assert call("--model", run / "model.onnx", "--predictions", "a/b.csv")[0] == 0
    names = {path.name for path in Path("a").iterdir()}
    assert names == {"b.csv", "b.png", "b.html", "b.json"}


def test_images(run, call):
    images = sorted((run / "images").iterdir())
    status, lines, _ = call("--images", *images)
    assert status == 0
    table = [line.split("\t") for line in lines]
    assert [row[:2] for row in table] == [
        [str(image), text] for image, (text, _) in zip(images, PAIRS, strict=True)
    ]
    assert all(0 < float(row[2]) <= 1 for row in table)


def test_images_in_a_folder_into_a_file(run, call):
    status, lines, _ = call("--images", run / "images", "--out", "texts.csv")
    assert (status, lines) == (0, [])
    assert sorted(row[1] for row in read_csv(Path("texts.csv"))[1:]) == ["", "22", "2345"]


def test_a_constraint_is_kept(run, call):
    images = sorted((run / "images").iterdir())
    for words, allowed in (
        (["--pattern", "[23]{2}"], {"22", "23", "32", "33"}),
        (["--length", "3"], None),
        (["--length", "2-3", "--pattern", "5+"], {"55", "555"}),
    ):
        status, lines, _ = call(*words, "--images", *images)
        texts = [line.split("\t")[1] for line in lines]
        assert status == 0 and len(texts) == 3
        assert set(texts) <= allowed if allowed else {len(text) for text in texts} == {3}
    Path("words.txt").write_text("2345\n22\n\nxyz\n", encoding="utf-8")
    status, lines, _ = call("--lexicon", "words.txt", "--images", *images[:2])
    assert [line.split("\t")[1] for line in lines] == ["2345", "22"]


def test_min_confidence_marks_what_to_look_at(run, call):
    image = run / "images" / "0.png"
    assert call("--min-confidence", 0, "--images", image)[1][0].endswith("\tok")
    status, lines, _ = call("--min-confidence", 1, "--images", image, "--json")
    assert lines[0].endswith("\tlook")
    assert json.loads(lines[-1])["readings"][0]["accepted"] is False
    lines = call("--min-confidence", 1)[1]
    assert "from a confidence of 1 on: 0 images, 0 misread; 3 to look at" in lines


def test_describe(run, call):
    status, lines, _ = call("--describe", run)
    shown = dict(line.split("  ", 1) for line in lines)
    assert status == 0
    assert shown["Reads"].strip() == "2345"
    assert shown["Validation CER"].strip() == "25.00%"
    assert shown["Validation texts misread"].strip() == "not measured"
    facts = json.loads(call("--describe", run / "model.onnx", "--json")[1][-1])
    assert (facts["form"], facts["architecture"]) == ("network", "stripes")
    assert facts["input"] == "image float (N, 8, 40, 1)"


def test_a_file_of_another_tool_needs_its_characters(run, call):
    file, image = write_model(Path("other.onnx"), {}), run / "images" / "0.png"
    status, _, said = call("--model", file, "--images", image)
    assert status == 2 and "or give its characters as vocab" in said
    for vocab, text in (("2345", "2345"), ("dcba", "dcba")):
        assert (
            call("--model", file, "--vocab", vocab, "--images", image)[1][0].split("\t")[1] == text
        )
    said = call("--model", file, "--vocab", "22", "--images", image)[2]
    assert "of different characters, received '22'" in said and "as vocab" not in said
    said = call("--model", file, "--vocab", "234", "--images", image)[2]
    assert "for its vocabulary of 3 characters and the blank" in said
    assert "leave it out" in call("--vocab", "2345", "--images", image)[2]


def test_a_file_of_another_tool_cannot_be_described(run, call):
    file = write_model(Path("other.onnx"), {})
    status, lines, said = call("--describe", file)
    assert (status, lines, said.count("\n")) == (2, [], 1)
    assert said.startswith("error: other.onnx: expected the metadata of a ctckit model")
    assert "as vocab" not in said


def test_unreadable_images_are_named_and_the_others_read(run, call):
    good = run / "images" / "0.png"
    Path("broken.png").write_bytes(b"no image")
    status, lines, said = call("--images", "gone.png", good, "broken.png", "--json")
    assert status == 1
    assert lines[0].split("\t")[:2] == [str(good), "2345"]
    assert json.loads(lines[-1])["readings"][0]["text"] == "2345"
    assert [name in said for name in ("gone.png", "broken.png", "0.png")] == [True, True, False]


BAD_LINES = [
    (["--modle", "x"], "unknown flag '--modle'. Did you mean '--model'?"),
    (["--batch-size", "abc"], "--batch-size: expected a whole number, received 'abc'"),
    (["--batch-size", "0"], "--batch-size: expected 1 or more, received 0"),
    (["--num-threads", "-1"], "--num-threads: expected 0 or more, received -1"),
    (["--images", "a.png", "--csv", "b.csv"], "--images: does not go with --csv"),
    (["--images", "a.png", "--dataset", "b"], "--images: does not go with --dataset"),
    (["--images", "a.png", "--ignore-case"], "--images: does not go with --ignore-case"),
    (["--out", "a.csv"], "--out: expected images to read beside it, received none"),
    (["--images", "a.png", "--out", "a.txt"], "--out: expected a file to write that ends in"),
    (
        ["--describe", "a.onnx", "--images", "a.png", "--length", "5", "--predictions", "p.csv"],
        "--describe: does not go with --length, --predictions, --images",
    ),
    (["--min-confidence", "2"], "--min-confidence: expected 0 to 1, received 2"),
    (["--length", "five"], "--length: expected a number such as 5, or 4-6, received 'five'"),
    (["--length", "0"], "expected a length of 1 or more"),
    (["--pattern", "["], "unterminated character set"),
    (["--pattern", "[x-z]+"], "expected that some text of the characters '2345' satisfies"),
    (
        ["--lexicon", "gone.txt"],
        "--lexicon: expected a UTF-8 file with a text",
    ),
    (["--lexicon", "empty.txt"], "expected a lexicon of at least one text"),
    (["--provider", "tpu"], "expected a provider of cpu, cuda"),
    (["--provider", "tensorrt"], "that the installed onnxruntime has"),
    (["--describe", "gone.onnx"], "gone.onnx: expected a model file"),
    (["--describe", "empty.txt"], "expected an ONNX model"),
    (["--model", "gone.onnx"], "gone.onnx: expected a model file, received none"),
    (["--csv", "gone.csv"], "gone.csv does not exist"),
    (["--dataset", "empty.txt"], "empty.txt"),
    (["--predictions", "Models/README.md/p.csv"], "expected a place to write to"),
]


@pytest.mark.parametrize(("words", "message"), BAD_LINES)
def test_bad_input_gives_one_line_and_status_2(run, call, words, message):
    Path("Models/README.md").touch()
    Path("empty.txt").touch()
    status, lines, said = call(*words)
    assert (status, lines) == (2, [])
    assert said.splitlines()[-1].startswith("error: ")
    assert message in said


@pytest.mark.parametrize("words", [["--pattern", "["], ["--pattern", "[x-z]+"], ["--length", 99]])
def test_a_constraint_that_cannot_be_is_refused_once(run, call, words):
    images = sorted((run / "images").iterdir())
    status, lines, said = call(*words, "--images", *images)
    assert (status, lines, said.count("error: ")) == (2, [], 1)


def test_an_image_of_the_csv_has_gone(run, call):
    (run / "images" / "1.png").unlink()
    status, lines, said = call("--json")
    assert status == 1
    assert (json.loads(lines[-1])["images"], "1.png" in said) == (2, True)


def test_an_image_of_the_csv_is_broken(run, call):
    (run / "images" / "1.png").write_bytes(b"no image")
    status, lines, said = call("--json")
    assert status == 1
    assert (json.loads(lines[-1])["images"], "1.png" in said) == (2, True)


def test_no_image_of_the_csv_can_be_read(run, call):
    for image in (run / "images").iterdir():
        image.write_bytes(b"no image")
    status, lines, said = call()
    assert (status, lines) == (2, [])
    assert "of which none can" in said
    assert not (run / "report").exists()


def test_model_of_a_run_is_broken(run, call):
    (run / "model.onnx").write_bytes((run / "model.onnx").read_bytes()[:300])
    assert call()[0] == 2
    write_model(run / "model.onnx", {})
    assert call()[0] == 2
    write_model(run / "model.onnx", metadata().to_strings(), num_characters=3)
    status, _, said = call()
    assert status == 2
    assert "for its vocabulary of 4 characters" in said


def test_model_without_validation_images(tmp_path, call):
    status, _, said = call("--model", write_model(tmp_path / "lonely.onnx"))
    assert status == 2
    assert "val.csv: expected a CSV file" in said


def test_no_run_yet(tmp_path):
    done = call_process(cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "received none; train one, or give a model" in done.stderr
    assert done.stderr.count("\n") == 1


def test_as_a_process(run):
    done = call_process("--json")
    assert done.returncode == 0
    assert json.loads(done.stdout.splitlines()[-1])["images"] == 3
    done = call_process("--images", run / "images" / "0.png", "gone.png")
    assert done.returncode == 1
    assert done.stdout.split("\t")[1] == "2345"
    assert done.stderr.count("\n") == 1


def test_help_is_complete(call):
    status, lines, _ = call("--help")
    assert not status
    shown = "\n".join(lines)
    for flag in ("model", "csv", "images", "json", "predictions", "batch-size", "num-threads"):
        assert f"--{flag}" in shown


def test_root_file_is_a_library_too(run):
    assert inferenceModel.ImageToWordModel(run).predict(run / "images" / "0.png") == "2345"
