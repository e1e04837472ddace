import csv

import pytest

from ctckit.errors import InputError
from ctckit.labelling.items import (
    given_labels,
    items_of_queue,
    items_of_run,
    items_of_source,
    suggestions_of,
)
from ctckit.run_folder import RunFolder
from tests.drawing import draw_folder
from tests.inference.tiny_model import write_run


@pytest.fixture
def images(tmp_path):
    draw_folder(tmp_path / "images", count=4)
    return tmp_path / "images"


def names(items):
    return [item.image.rpartition("/")[2] for item in items]


def test_names_of_files_are_no_labels(images):
    items = items_of_source(images, given_labels(images, images / "labels.csv"))
    assert names(items) == sorted(path.name for path in images.iterdir())
    assert all(item.label is None for item in items)


def test_labels_of_a_list_are_there_to_be_corrected(images):
    first, *others = sorted(path.name for path in images.iterdir())
    (images / "labels.csv").write_text(f"image,label\n{first},12\n")
    given = given_labels(images, images / "corrected.csv")
    items = items_of_source(images, given)
    assert {item.label for item in items if item.image.endswith(first)} == {"12"}
    assert all(item.label is None for item in items if not item.image.endswith(first))
    assert len(items) == 1 + len(others)
    (images / "labels.journal").touch()
    assert not given_labels(images, images / "labels.csv"), "it was typed here"


def test_a_list_of_images_alone(images, tmp_path):
    listed = sorted(images.iterdir())[:2]
    (tmp_path / "some.txt").write_text("\n".join(map(str, listed)))
    assert not given_labels(tmp_path / "some.txt", tmp_path / "some_labels.csv")
    assert names(items_of_source(tmp_path / "some.txt")) == [path.name for path in listed]


def test_suggestions_of_a_list(images, tmp_path):
    one = min(images.iterdir())
    file = tmp_path / "read.csv"
    file.write_text(f"image,text\n{one},abc\n")
    items = items_of_source(images, readings=suggestions_of(file))
    assert [item.reading for item in items] == ["abc", None, None, None]


def test_what_a_reader_was_unsure_of(images, tmp_path):
    paths = sorted(map(str, images.iterdir()))
    with (tmp_path / "read.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "text", "confidence"])
        writer.writerows(zip(paths, ["a", "b", "c", "d"], [0.5, 0.95, 0.2, 0.9], strict=True))
    items = items_of_queue(tmp_path / "read.csv", 0.9)
    assert [(item.image, item.reading) for item in items] == [(paths[2], "c"), (paths[0], "a")]
    assert items[0].note == "read with a confidence of 20%"
    with pytest.raises(InputError, match="below 0.1"):
        items_of_queue(tmp_path / "read.csv", 0.1)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "image,text\na.png,b\n"),
        ("b.csv", "image,text,confidence\na.png,b,often\n"),
        ("c.jsonl", '{"image": "a.png"'),
        ("d.jsonl", '["a.png"]'),
        ("gone.csv", None),
    ],
)
def test_what_no_reader_wrote(tmp_path, name, content):
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match="what ctckit read --out wrote"):
        items_of_queue(tmp_path / name, 0.9)


def test_the_doubtful_labels_of_a_run_the_likeliest_error_first(tmp_path):
    run = RunFolder(write_run(tmp_path / "run", [("22", "22"), ("345", "33"), ("4", "5")]))
    run.report.mkdir(exist_ok=True)
    with run.val_csv.open(newline="") as file:
        rows = [(row["image"], row["label"]) for row in csv.DictReader(file)]
    _, second, third = (str(run.path / image) for image, _ in rows)
    run.label_errors.write_text(
        f"image,label,fold,text,confidence,suspicion\n{third},5,1,4,0.9,8\n"
    )
    run.evaluation.predictions.write_text(
        "image,label,prediction,confidence,edits\n"
        f"{run.path / rows[0][0]},22,22,0.9,0\n{second},33,345,0.5,2\n{third},5,4,0.9,1\n"
    )
    items, samples = items_of_run(run)
    assert [(item.image, item.label, item.reading, item.note) for item in items] == [
        (third, "5", "4", "the label looks wrong"), (second, "33", "345", "misread"),
    ]  # fmt: skip
    assert sorted(label for _, label in samples) == ["22", "33", "5"]


def test_a_run_of_another_folder_is_corrected_by_the_ends_of_its_addresses(tmp_path, monkeypatch):
    """Its tables name images as they were named where it was trained; train.csv follows the run."""
    run = RunFolder(write_run(tmp_path / "run", [("22", "22"), ("345", "33")]))
    run.report.mkdir(exist_ok=True)
    run.evaluation.predictions.write_text(
        "image,label,prediction,confidence,edits\nsomewhere/images/1.png,33,345,0.5,2\n"
    )
    monkeypatch.chdir(tmp_path)
    [item], _ = items_of_run(run)
    assert item.image == str(run.path / "images" / "1.png")


def test_a_queue_is_looked_for_where_one_stands_then_beside_its_file(tmp_path, images, monkeypatch):
    first = min(path.name for path in images.iterdir())
    rows = f"image,text,confidence\nimages/{first},a,0.5\nimages/{first},a,0.5\n"
    (tmp_path / "read.csv").write_text(rows)
    [item] = items_of_queue(tmp_path / "read.csv", 0.9)
    assert item.image == str(images / first)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "read.csv").write_text(rows)
    with pytest.raises(InputError, match="go to the folder"):
        items_of_queue(tmp_path / "elsewhere" / "read.csv", 0.9)
    monkeypatch.chdir(tmp_path)
    assert len(items_of_queue(tmp_path / "elsewhere" / "read.csv", 0.9)) == 1


def test_labels_in_files_beside_the_images_are_given(images):
    for path in sorted(images.iterdir()):
        path.with_suffix(".txt").write_text("12")
    assert len(given_labels(images, images / "labels.csv")) == 4


def test_a_run_without_doubts(tmp_path):
    with pytest.raises(InputError, match="nothing to correct"):
        items_of_run(RunFolder(write_run(tmp_path / "run", [("22", "22")])))
