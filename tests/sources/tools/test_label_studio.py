import csv
import io
import json

import pytest

from ctckit.data.samples import LeftOut
from ctckit.errors import InputError
from ctckit.sources.options import SourceOptions
from ctckit.sources.tools.label_studio import (
    find_label_studio,
    read_label_studio,
    shows_label_studio,
)
from tests.sources.trees import lay_out, pairs

OPTIONS = SourceOptions()


def area(*texts, tag="transcription", **box):
    value = {"text": list(texts), **box}
    return {"from_name": tag, "to_name": "image", "type": "textarea", "value": value}


def choice(*texts, tag="quality"):
    value = {"choices": list(texts)}
    return {"from_name": tag, "to_name": "image", "type": "choices", "value": value}


def annotation(*results, at="2024-01-01", **more):
    return {"id": 1, "result": list(results), "updated_at": at, "was_cancelled": False} | more


def task(number, *annotations, image=None, **data):
    name = image or f"/data/upload/3/1a2b3c4d-{number}.png"
    return {"id": number, "annotations": list(annotations), "data": {"image": name} | data}


def record(number, value, at="2024-01-01", **more):
    own = {"annotation_id": 7, "annotator": 1, "lead_time": 1.5, "created_at": at, "updated_at": at}
    name = f"/data/upload/3/1a2b3c4d-{number}.png"
    return {"image": name, "id": number, "transcription": value} | own | more


def read_export(folder, images, content, name="export.json", options=OPTIONS):
    text = content if isinstance(content, str) else json.dumps(content)
    tree = lay_out(folder, images, **{name.replace(".", "__"): text})
    assert find_label_studio(tree) == name
    return read_label_studio(tree, name, options)


def as_csv(records, delimiter=","):
    file = io.StringIO()
    writer = csv.DictWriter(file, sorted({key for each in records for key in each}),
                            quoting=csv.QUOTE_NONNUMERIC, delimiter=delimiter)  # fmt: skip
    writer.writeheader()
    for each in records:
        cells = {k: json.dumps(v) if isinstance(v, list | dict) else v for k, v in each.items()}
        writer.writerow(cells)
    return file.getvalue()


IMAGES = [
    # as the task names it, where it is, why
    ("/data/upload/3/1a2b3c4d-a.png", "1a2b3c4d-a.png", "uploaded"),
    ("/data/upload/3/1a2b3c4d-a.png", "a.png", "uploaded, its own name here"),
    ("/data/upload/3/1a2b3c4d-a.png", "upload/3/1a2b3c4d-a.png", "the folder of the server"),
    ("/data/local-files/?d=set/in/a.png", "in/a.png", "local storage"),
    ("/data/local-files/?d=set%2Fin%2Fa%20b.png", "in/a b.png", "local storage, encoded"),
    ("/data/local-files/?x=1&d=set\\in\\a.png", "in/a.png", "local storage of Windows"),
    ("s3://bucket/in/a.png", "in/a.png", "cloud storage"),
    ("https://example.org/in/a.png?width=7", "a.png", "a URL"),
    ("a.png", "images/a.png", "a plain name"),
]


@pytest.mark.parametrize(
    ("named", "here"), [row[:2] for row in IMAGES], ids=[row[2] for row in IMAGES]
)
def test_where_images_are(tmp_path, named, here):
    lay_out(tmp_path, "").folder.joinpath(here).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / here).write_bytes(b"")
    listing = read_export(tmp_path, "", [task(1, annotation(area("cat")), image=named)])
    assert [(sample.image, sample.label) for sample in listing.samples] == [
        (f"{tmp_path}/{here}", "cat")
    ]


def test_a_tail_that_two_folders_have(tmp_path):
    tasks = [task(1, annotation(area(name)), image=f"s3://b/{name}/a.png") for name in ("x", "y")]
    listing = read_export(tmp_path, "x/a.png y/a.png", tasks)
    assert [sample.image[-7:] + sample.label for sample in listing.samples] == [
        "x/a.pngx",
        "y/a.pngy",
    ]


SETTLED = [
    # annotations of one task, its label, why
    ([annotation(area("a"))], "a", "one"),
    ([annotation(area("a"), was_cancelled=True), annotation(area("b"))], "b", "one was skipped"),
    ([annotation(area("a"), at="2024-01-02"), annotation(area("b"))], "a", "the latest"),
    ([annotation(area("a")), annotation(area("b"), at="2024-01-02")], "b", "the latest, again"),
    ([annotation(area("a")), annotation(area("a")), annotation(area("b"), at="2024-01-02")], "a",
     "what most say"),
    ([annotation(area("a"), ground_truth=True), annotation(area("b"), at="2024-01-02"),
      annotation(area("b"))], "a", "the ground truth"),
    ([annotation(), annotation(area("b"))], "b", "one is empty"),
    ([annotation(choice("Straße"))], "Straße", "a choice"),
    ([annotation(choice("good"), area("a"))], "a", "a text area and a choice"),
    ([annotation(area("a"), {"from_name": "box", "type": "rectanglelabels", "value": {"x": 1}})],
     "a", "a text area and a box"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("annotations", "label"), [row[:2] for row in SETTLED], ids=[row[2] for row in SETTLED]
)
def test_which_annotation_counts(tmp_path, annotations, label):
    listing = read_export(tmp_path, "1.png", [task(1, *annotations)])
    assert pairs(listing) == [("1.png", label)]


def test_what_is_said_of_several_annotations(tmp_path):
    tasks = [
        task(1, annotation(area("a"), at="2024-01-02"), annotation(area("b"))),
        task(2, annotation(area("c")), annotation(area("c"))),
        task(3, annotation(area("d"))),
    ]
    listing = read_export(tmp_path, "1.png 2.png 3.png", tasks)
    assert listing.notes == [
        "2 tasks with several annotations, which differ in 1: the ground truth counts, else what "
        "most say, else the latest (/data/upload/3/1a2b3c4d-1.png is 'a' and 'b')"
    ]
    assert listing.said == "export.json"


def test_tasks_that_cannot_be_used_are_left_out_by_name(tmp_path):
    skipped = annotation(was_cancelled=True)
    tasks = [
        task(1, annotation(area("a"))), task(2, skipped), task(3), task(4, annotation()),
        task(5, annotation(area("a", "b"))),
    ]  # fmt: skip
    listing = read_export(tmp_path, "1.png", tasks)
    assert pairs(listing) == [("1.png", "a")]
    names = [f"/data/upload/3/1a2b3c4d-{number}.png" for number in range(2, 6)]
    assert listing.left_out == [
        LeftOut(names[0], "", "skipped"), LeftOut(names[1], "", "no annotation"),
        LeftOut(names[2], "", "no annotation"), LeftOut(names[3], "", "several texts"),
    ]  # fmt: skip
    assert listing.notes == [
        "left out, skipped: 1 task", "left out, no annotation: 2 tasks",
        "left out, several texts: 1 task",
    ]  # fmt: skip


def test_keys_and_tags_of_any_name(tmp_path):
    one = task(1, annotation(area("a", tag="what is written?")))
    one["data"] = {"captcha": one["data"].pop("image"), "text": "recognised", "n": 1}
    assert pairs(read_export(tmp_path, "1.png", [one])) == [("1.png", "a")]


def test_a_tag_that_a_person_names(tmp_path):
    tasks = [task(1, annotation(area("a", tag="first"), area("b", tag="second")))]
    options = SourceOptions(columns="image,second")
    assert pairs(read_export(tmp_path, "1.png", tasks, options=options)) == [("1.png", "b")]


TABLES = [
    # the text of a record, as it is read, why
    ("cat", "cat", "a text"),
    ("00123", "00123", "digits"),
    ("[06]", "[06]", "brackets"),
    ("[62]", "[62]", "brackets that would be a list"),
    ('a,"b"', 'a,"b"', "quotes"),
    (["cat"], "cat", "a list of one"),
]


@pytest.mark.parametrize("form", ["json", "csv", "tsv"])
@pytest.mark.parametrize(
    ("value", "label"), [row[:2] for row in TABLES], ids=[row[2] for row in TABLES]
)
def test_one_record_for_each_annotation(tmp_path, form, value, label):
    records = [record(1, value), record(2, "x"), record(3, None, annotation_id=None)]
    content = records if form == "json" else as_csv(records, "\t" if form == "tsv" else ",")
    listing = read_export(tmp_path, "1.png 2.png", content, f"export.{form}")
    assert pairs(listing) == [("1.png", label), ("2.png", "x")]
    image = "/data/upload/3/1a2b3c4d-3.png"
    assert listing.left_out == [LeftOut(image, "", "no annotation")]


@pytest.mark.parametrize("form", ["json", "csv"])
def test_several_records_of_a_task(tmp_path, form):
    records = [record(1, "a"), record(1, "b", "2024-01-03"), record(1, "c", "2024-01-02")]
    records += [record(2, {"choices": ["x", "y"]}), record(3, {"text": ["x", "y"]})]
    content = records if form == "json" else as_csv(records)
    listing = read_export(tmp_path, "1.png", content, f"export.{form}")
    assert pairs(listing) == [("1.png", "b")]
    assert [left.reason for left in listing.left_out] == ["several texts"] * 2


def test_columns_of_any_name(tmp_path):
    one = record(1, "cat")
    one["captcha"], one["solution"] = one.pop("image"), one.pop("transcription")
    assert pairs(read_export(tmp_path, "1.png", [one])) == [("1.png", "cat")]
    options = SourceOptions(columns="captcha,annotator")
    assert options.columns
    two = one | {"quality": "good"}
    options = SourceOptions(columns="captcha,solution")
    assert pairs(read_export(tmp_path, "1.png", [two], options=options)) == [("1.png", "cat")]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", '[{"image": "a.png", "label": "x"}]'),
        ("a.json", '{"images": [], "annotations": [], "data": 1}'),
        ("a.json", "text"),
        ("a.csv", "image,label\na.png,x\n"),
        ("a.txt", json.dumps([task(1, annotation(area("a")))])),
    ],
)
def test_other_files_are_none(tmp_path, name, text):
    tree = lay_out(tmp_path, "a.png", **{name.replace(".", "__"): text})
    assert not shows_label_studio(tree, name)
    assert find_label_studio(tree) is None


BOX = {"x": 1, "y": 1, "width": 5, "height": 5}
GOOD = annotation(area("a"))
RESULT = {"from_name": "text", "type": "textarea", "value": {"text": ["a"]}}
BAD = [
    # content, message
    ([task(1, annotation(area("a", **BOX)))], "received 1 texts of boxes within images; cut"),
    ([record(1, [BOX | {"text": ["a"]}])], "received a list in record 1 of .*boxes within images"),
    (
        [task(1, GOOD, image="https://example.org/gone.png")],
        "received 1 addresses such as https://",
    ),
    ([task(1, GOOD, image="/data/upload/3/gone.png")], "1 of 1 are missing: /data/upload/3/gone"),
    ([task(1)], "expected annotated tasks in .*received 1 without a text|^columns"),
    (
        [task(1, annotation(area("a", tag="p"), area("b", tag="q")))],
        "^columns: .*received image, p",
    ),
    ([task(1, GOOD), {"id": 2}], "received another entry as number 2"),
    ([task(1, GOOD), 7], "received another entry as number 2"),
    ([task(1, GOOD), task(2, {"result": "x"})], "received another form in task 2"),
    ([task(1, GOOD), task(2, annotation(RESULT | {"value": "x"}))], "another form in task 2"),
    ([task(1, GOOD), task(2, annotation(RESULT | {"type": ["x"]}))], "another form in task 2"),
    ([task(1, GOOD), task(2, GOOD, image=7)], "expected a file name as image in task 2"),
    ([record(1, "a"), record(2, "b", image=7)], "expected a file name as image in record 2"),
    ([record(1, "a"), 7], "expected JSON objects"),
    (
        [record(1, "a", quality="b", transcription2="c") | {"transcription": 1.5}],
        "a number in record",
    ),
    ("[" + json.dumps(task(1, GOOD)) + "\n,", "received something else in line 2"),
]


@pytest.mark.parametrize(("content", "message"), BAD)
def test_bad_exports(tmp_path, content, message):
    with pytest.raises(InputError, match=message) as caught:
        read_export(tmp_path, "1.png 2.png", content)
    assert "\n" not in str(caught.value)


def test_a_tag_that_is_none(tmp_path):
    options = SourceOptions(columns="image,note")
    with pytest.raises(InputError, match="a tag that holds texts in .*: transcription; .*'note'"):
        read_export(tmp_path, "1.png", [task(1, GOOD, note="x")], options=options)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text + "x\n", "received something else in line 3 .1 columns instead of"),
        (lambda text: text.replace("cat", "ca\0t"), "to be text in UTF-8"),
    ],
)
def test_bad_csv(tmp_path, change, message):
    with pytest.raises(InputError, match=message):
        tree = lay_out(tmp_path, "1.png", export__csv=change(as_csv([record(1, "cat")])))
        read_label_studio(tree, "export.csv", OPTIONS)
