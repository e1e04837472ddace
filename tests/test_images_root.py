import json
import os
from pathlib import Path

import pytest

from ctckit.errors import InputError
from ctckit.images_root import ImagesRoot, common_root
from ctckit.run_folder import RunFolder, images_roots


@pytest.mark.parametrize(
    ("files", "root"),
    [
        (["/sets/a/1.png"], "/sets/a"),
        (["/sets/a/1.png", "/sets/a/2.png"], "/sets/a"),
        (["/sets/a/1.png", "/sets/ab/1.png"], "/sets"),  # not /sets/a, though both begin so
        (["/a/1.png", "/b/1.png"], "/"),
        ([], None),
    ],
)
def test_the_deepest_folder_of_all(files, root):
    assert common_root(files) == (root and Path(root))


def test_files_on_two_drives_have_no_folder_of_all(monkeypatch):
    def refuse(paths):
        raise ValueError("Paths don't have the same drive")

    monkeypatch.setattr(os.path, "commonpath", refuse)
    assert common_root(["C:/1.png", "D:/1.png"]) is None


def test_a_root_is_told_as_it_was_and_as_seen_from_the_run(tmp_path):
    run = RunFolder(tmp_path / "Models" / "run")
    run.path.mkdir(parents=True)
    ImagesRoot.seen_from(run.path, tmp_path / "photos é").save(run.path)
    assert json.loads(run.images.read_text(encoding="utf-8")) == {
        "root": str(tmp_path / "photos é"),
        "relative_to_run": "../../photos é",
    }
    assert images_roots(run.val_csv) == [tmp_path / "photos é"]


def test_a_run_that_was_moved_looks_where_its_images_were_and_then_beside_it(tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    (here / "run").mkdir(parents=True)
    ImagesRoot.seen_from(here / "run", here / "photos").save(here / "run")
    here.rename(there)
    assert images_roots(there / "run" / "val.csv") == [here / "photos", there / "photos"]


def test_a_run_on_another_drive_than_its_images_states_no_way(tmp_path, monkeypatch):
    def refuse(path, start):
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    monkeypatch.setattr(os.path, "relpath", refuse)
    ImagesRoot.seen_from(tmp_path, Path("/photos")).save(tmp_path)
    assert images_roots(tmp_path / "val.csv") == [Path("/photos")]


def test_runs_of_older_versions_state_no_root(tmp_path):
    assert images_roots(tmp_path / "val.csv") == []


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"root": 1, "relative_to_run": null}', "\x80", "[" * 100_000],
    ids=map(str, range(6)),
)
def test_a_damaged_note_gives_one_line(tmp_path, text):
    (tmp_path / "images.json").write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match=r"images\.json to name the folder") as caught:
        images_roots(tmp_path / "val.csv")
    assert "\n" not in str(caught.value)
