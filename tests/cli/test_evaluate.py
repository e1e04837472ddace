"""`ctckit evaluate`: what it judges on, what it leaves out, what does not count."""

import csv
import json
import shutil
from pathlib import Path

import pytest

from ctckit.data.lists import write_lists
from ctckit.data.samples import Sample
from ctckit.run_folder import RunFolder
from ctckit.text.vocabulary import Vocabulary
from tests.image.zips import make_zip
from tests.inference.tiny_model import (
    metadata,
    write_csv,
    write_image_in,
    write_model,
    write_run,
)

PAIRS = [("2345", "2345"), ("22", "23")]  # drawn, and said to be


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Work in a folder with one finished run."""
    monkeypatch.chdir(tmp_path)
    return write_run(Path("Models/stripes_20250101-120000"), PAIRS)


def result(lines):
    return json.loads(lines[-1])


def draw(folder, *texts):
    return [write_image_in(Path(folder), f"{text}.png", text) for text in texts]


def read_csv(path):
    with Path(path).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("flag", ["--dataset", "--csv"])
@pytest.mark.parametrize("source", ["plates", "plates/", "plates.zip", "plates.csv"])
def test_any_source_can_be_judged_on(run, call, flag, source):
    images = draw("plates", "22", "345", "4")
    make_zip(Path("plates.zip"), {image.name: image.read_bytes() for image in images})
    write_csv(Path("plates.csv"), [[image, image.stem] for image in images])
    status, lines, _ = call("evaluate", flag, source, "--json")
    assert status == 0
    assert (result(lines)["images"], result(lines)["misread"]) == (3, 0)
    assert result(lines)["csv"] == result(lines)["dataset"] == str(Path(source))
    assert len(read_csv("plates_predictions.csv")) == 4


def test_a_source_without_a_name_of_its_own(run, call, monkeypatch):
    draw("plates", "22", "345")
    monkeypatch.chdir("plates")
    status, lines, _ = call("evaluate", "--dataset", ".", "--model", Path("..", run), "--json")
    assert status == 0
    assert (
        Path(result(lines)["predictions"]).resolve() == Path("../plates_predictions.csv").resolve()
    )


def test_what_the_names_mean_can_be_said(run, call):
    for text in ("22", "345"):
        write_image_in(Path("plates"), f"{text}-x{text}.png", text)
    status, lines, _ = call("evaluate", "--dataset", "plates", "--label-separator=-", "--json")
    assert (status, result(lines)["misread"]) == (0, 0)


def test_a_hundred_images_with_one_that_is_cut(run, call):
    rows = []
    for index in range(100):
        text = f"{index:04}".translate(str.maketrans("0123456789", "2345234523"))
        rows.append([write_image_in(Path("many"), f"{index:02}.png", text).name, text])
    cut = Path("many/40.png")
    cut.write_bytes(cut.read_bytes()[:60])
    status, lines, said = call("evaluate", "--csv", write_csv(Path("many/x.csv"), rows), "--json")
    assert status == 1
    assert (result(lines)["images"], result(lines)["misread"]) == (99, 0)
    assert [Path(row["image"]).name for row in result(lines)["unreadable"]] == ["40.png"]
    assert "1 image could not be read" in said and "40.png" in said
    page = Path(result(lines)["report"]).read_text(encoding="utf-8")
    assert "1 image could not be read and is left out" in page


def test_an_image_that_is_missing_is_left_out_the_same_way(run, call):
    run = write_run(Path("Models/other_20260101-000000"), [*PAIRS, ("5", "5")])
    (run / "images" / "1.png").unlink()
    status, lines, said = call("evaluate", "--model", run, "--json")
    assert status == 1
    assert (result(lines)["images"], len(result(lines)["unreadable"])) == (2, 1)
    assert "1 image could not be read" in said and "1.png" in said


def test_records_without_a_label_are_left_out_and_no_fault(run, call):
    images = draw("plates", "22", "345")
    rows = [[images[0].name, "22"], [images[1].name, ""]]
    status, lines, said = call("evaluate", "--csv", write_csv(Path("plates/x.csv"), rows), "--json")
    assert (status, result(lines)["images"], result(lines)["unreadable"]) == (0, 1, [])
    assert "345.png" in said


def finished_run(folder, *texts):
    """Make a run as a training leaves it, and its images beside it."""
    samples = [Sample(str(image), image.stem) for image in draw(folder / "photos" / "in", *texts)]
    run = RunFolder(folder / "Models" / "run")
    write_model(run.onnx)
    write_lists(run, samples[:-2], samples[-2:])
    return run


def test_a_run_and_its_images_copied_to_another_place(tmp_path, monkeypatch, call):
    monkeypatch.chdir(tmp_path)
    finished_run(Path("here"), "2", "3", "22", "33")
    shutil.copytree("here", "there")
    shutil.rmtree("here")
    status, lines, _ = call("evaluate", "--model", "there/Models/run", "--json")
    assert status == 0
    assert (result(lines)["images"], result(lines)["misread"]) == (2, 0)
    status, lines, _ = call("evaluate", "--csv", "there/Models/run/val.csv", "--model",
                            "there/Models/run", "--json")  # fmt: skip
    assert (status, result(lines)["images"]) == (0, 2)


@pytest.mark.parametrize("place", ["elsewhere/in", "elsewhere/other", "elsewhere"])
def test_images_that_were_moved_are_found_in_the_folder_that_is_said(
    tmp_path, monkeypatch, call, place
):
    monkeypatch.chdir(tmp_path)
    run = finished_run(Path("here"), "2", "3", "22", "33")
    Path(place).parent.mkdir(parents=True, exist_ok=True)
    shutil.move("here/photos/in", place)
    assert call("evaluate", "--model", run.path)[0] == 2
    status, lines, said = call(
        "evaluate", "--model", run.path, "--images-root", "elsewhere", "--json"
    )
    assert (status, result(lines)["images"], result(lines)["misread"]) == (0, 2, 0), said


def test_a_run_of_version_0_2_has_absolute_addresses(run, call):
    images = draw("plates", "22", "345")
    write_csv(run / "val.csv", [[image.resolve(), image.stem] for image in images])
    assert result(call("evaluate", "--json")[1])["images"] == 2
    shutil.move("plates", "moved")
    status, lines, _ = call("evaluate", "--images-root", "moved", "--json")
    assert (status, result(lines)["images"]) == (0, 2)


def test_case_and_characters_may_not_count(run, call):
    images = draw("plates", "22", "345")
    rows = [[images[0].name, "2-2"], [images[1].name, "3 45"]]
    source = write_csv(Path("plates/x.csv"), rows)
    assert result(call("evaluate", "--csv", source, "--json")[1])["misread"] == 2
    status, lines, _ = call("evaluate", "--csv", source, "--ignore", " -", "--json")
    assert (status, result(lines)["misread"]) == (0, 0)
    assert "what does not count: the characters ' -'" in lines
    assert read_csv("plates/x_predictions.csv")[1][1] == "2-2"  # as the label is


def test_upper_and_lower_case_count_as_the_same_if_asked(run, call):
    model = write_model(Path("other.onnx"), {})
    source = write_csv(Path("x.csv"), [[draw("plates", "234")[0], "AbC"]])
    words = ["evaluate", "--model", model, "--vocab", "abcd", "--csv", source, "--json"]
    assert result(call(*words)[1])["CER"] == 2 / 3
    status, lines, _ = call(*words, "--ignore-case")
    assert (result(lines)["CER"], result(lines)["WER"]) == (0, 0)
    assert result(lines)["ignored"] == {"case": True, "characters": None}


def test_a_model_that_knows_lower_case_only_is_judged_in_it(run, call):
    facts = metadata(vocabulary=Vocabulary("abcd"), ignore_case=True)
    model = write_model(Path("lower.onnx"), facts.to_strings())
    source = write_csv(Path("x.csv"), [[draw("plates", "234")[0], "AbC"]])
    lines = call("evaluate", "--model", model, "--csv", source, "--json")[1]
    assert (result(lines)["misread"], result(lines)["ignored"]["case"]) == (0, True)
    assert "what does not count: upper and lower case" in lines


def test_lines_of_words_have_a_word_error_rate(run, call):
    model = write_model(Path("other.onnx"), {})
    images = draw("lines", "2252", "253")
    source = write_csv(Path("x.csv"), list(zip(images, ["aada", "a dx"], strict=True)))
    words = ["evaluate", "--model", model, "--vocab", "abc ", "--csv", source, "--json"]
    status, lines, _ = call(*words)
    rows = read_csv("x_predictions.csv")
    assert [row[2] for row in rows[1:]] == ["aa a", "a b"]
    assert (result(lines)["words"], result(lines)["word_edits"]) == (3, 3)
    assert "texts misread  100.00%  (2 of 2 images;" in "\n".join(lines)
    assert "word error rate  100.00%  (3 of 3 words)" in lines


def test_without_blanks_in_the_labels_there_is_one_rate_of_texts(run, call):
    lines = call("evaluate")[1]
    assert not any("word" in line for line in lines)


def test_two_characters_that_make_up_most_errors_are_told(run, call):
    images = draw("plates", "222", "22")
    source = write_csv(Path("x.csv"), list(zip(images, ["333", "22"], strict=True)))
    line = "'2' and '3' read for each other make up 3 of 3 edits: where only one of them can stand"
    assert any(shown.startswith(line) for shown in call("evaluate", "--csv", source)[1])
    assert not any("for each other" in shown for shown in call("evaluate")[1])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--csv", "a.csv", "--dataset", "b"], "--csv: means the same as --dataset"),
        (["--dataset", "gone"], "gone does not exist"),
        (["--dataset", "empty"], "empty"),
        (["--ignore", ""], "--ignore: expected characters that do not count"),
        (["--images-root", "gone"], "--images-root: expected the folder where the images are now"),
        (["--predictions", "p.txt"], "--predictions: expected a .csv file to write"),
        (["--layout", "nothing"], "--layout: expected one of"),
    ],
)
def test_bad_input_gives_one_line_and_status_2(run, call, words, message):
    Path("empty").mkdir()
    status, lines, said = call("evaluate", *words)
    assert (status, lines, said.count("\n")) == (2, [], 1)
    assert message in said
