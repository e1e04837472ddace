import json

import pandas as pd
import pytest

from ctckit.data.lists import read_lists, write_lists
from ctckit.data.samples import Sample
from ctckit.errors import InputError
from ctckit.run_folder import RunFolder, images_roots
from tests.image.zips import make_zip


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "Models" / "run"
    folder.mkdir(parents=True)
    return RunFolder(folder)


def columns(path):
    return pd.read_csv(path, dtype=str).to_dict("list")


def test_lists_name_images_relative_to_the_folder_of_all(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_lists(
        run,
        [Sample("photos/a/1.png", "001"), Sample("photos/b/1.png", "x,y")],
        [Sample(str(tmp_path / "photos" / "2.png"), "2")],
    )
    assert columns(run.train_csv) == {"image": ["a/1.png", "b/1.png"], "label": ["001", "x,y"]}
    assert columns(run.val_csv) == {"image": ["2.png"], "label": ["2"]}
    assert images_roots(run.val_csv) == [tmp_path / "photos"]
    assert not run.test_csv.exists()


def test_members_of_an_archive_are_named_from_its_folder(run, tmp_path):
    (tmp_path / "sets").mkdir()
    archive = make_zip(tmp_path / "sets" / "set.zip", {"in/a.png": b"", "in\\b.png": b""})
    samples = [Sample(f"{archive}!in/a.png", "a"), Sample(f"{archive}!in\\b.png", "b")]
    write_lists(run, samples[:1], samples[1:], samples[1:])
    assert columns(run.train_csv)["image"] == ["set.zip!in/a.png"]
    assert columns(run.val_csv)["image"] == ["set.zip!in\\b.png"]
    assert columns(run.test_csv) == columns(run.val_csv)
    assert images_roots(run.train_csv) == [tmp_path / "sets"]


def test_without_a_folder_of_all_the_addresses_are_absolute(run, tmp_path, monkeypatch):
    monkeypatch.setattr("ctckit.data.lists.common_root", lambda files: None)  # two drives
    monkeypatch.chdir(tmp_path)
    write_lists(run, [Sample("a.png", "a")], [Sample("b.png", "b")])
    assert columns(run.train_csv)["image"] == [str(tmp_path / "a.png")]
    assert not run.images.exists()


def test_the_note_is_plain_json(run, tmp_path):
    write_lists(run, [Sample(str(tmp_path / "a.png"), "a")], [Sample(str(tmp_path / "b.png"), "b")])
    facts = json.loads(run.images.read_text(encoding="utf-8"))
    assert facts == {"root": str(tmp_path), "relative_to_run": "../.."}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "in .*train.csv, received none"),
        (b"image,label\n", "in .*train.csv, received none"),
        (b"", "expected a list .* received another file"),
        (b"image,label\na.png\n", "expected a list .* received another file"),
        (b"image,label\na.png,\xff\n", "expected a list .* received another file"),
        (b"image,label\na.png," + b"x" * 200_000, "expected a list .* received another file"),
        (b"image,label\n\0,x\n", "expected the images of the run where they were"),
        (b"image,label\n" + b"d/" * 5000 + b",x\n", "expected the images of the run"),
    ],
    ids=["gone", "no rows", "empty", "a cell", "no text", "a long label", "NUL", "a long name"],
)
def test_a_damaged_list_gives_one_line(run, content, message):
    if content is not None:
        run.train_csv.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        read_lists(run)
    assert len(str(caught.value).splitlines()) == 1
