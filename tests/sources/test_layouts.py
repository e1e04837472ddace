import pytest

import ctckit.sources
from ctckit.errors import InputError
from ctckit.sources.layouts import load_dataset, open_dataset
from ctckit.sources.options import SourceOptions
from tests.image.zips import make_zip
from tests.sources.folders import labels, touch


@pytest.mark.parametrize(
    ("csv", "name"),
    [
        ("plates.csv", "plates"),
        ("labels.csv", "set"),
        ("Labels.CSV", "set"),
        ("label.csv", "set"),
        ("train.csv", "set"),
        ("val.csv", "set"),
        ("test.csv", "set"),
        ("gt.csv", "set"),
        ("annotations.csv", "set"),
        ("data.csv", "set"),
        ("labels_2.csv", "labels_2"),
    ],
)
def test_a_csv_is_named_after_its_folder_if_its_own_name_says_nothing(
    tmp_path, monkeypatch, csv, name
):
    touch(tmp_path / "set", "a.png")
    (tmp_path / "set" / csv).write_text("image,label\na.png,x\n")
    assert open_dataset(tmp_path / "set" / csv).name == name
    monkeypatch.chdir(tmp_path / "set")
    assert open_dataset(csv).name == name


def test_a_folder_is_named_by_its_own_name(tmp_path, monkeypatch):
    touch(tmp_path / "train", "a.png")
    assert open_dataset(tmp_path / "train").name == "train"
    monkeypatch.chdir(tmp_path / "train")
    assert open_dataset(".").name == "train"


def test_a_zip_is_named_by_its_own_name(tmp_path):
    archive = make_zip(tmp_path / "train.zip", {"set/a.png": b""})
    assert open_dataset(archive).name == "train"


def test_load_dataset_is_the_same_and_unpacks_nothing(tmp_path):
    archive = make_zip(tmp_path / "set.zip", {"a_1.png": b"", "b_1.png": b""})
    expected = open_dataset(archive, SourceOptions(label_separator="_"))
    assert labels(expected) == ["a", "b"]
    options = {"label_separator": "_", "datasets_dir": tmp_path / "Datasets"}
    assert load_dataset(archive, **options) == expected
    assert [path.name for path in tmp_path.iterdir()] == ["set.zip"]


def test_nothing_there(tmp_path):
    for name in ("nowhere", "nowhere.zip", "nowhere.csv"):
        with pytest.raises(
            InputError, match=rf"a folder, a \.zip or a list of images, .*{name} does not exist$"
        ):
            open_dataset(tmp_path / name)


def test_another_kind_of_file(tmp_path):
    touch(tmp_path, "a.png")
    with pytest.raises(InputError, match=r"a \.zip or a list .* received the file .*a\.png"):
        open_dataset(tmp_path / "a.png")


def test_a_name_too_long(tmp_path):
    with pytest.raises(InputError, match="cannot read .*too long"):
        open_dataset(tmp_path / ("x" * 300))


def test_the_package_offers_what_its_stub_names():
    assert ctckit.sources.open_dataset is open_dataset
    assert {"open_dataset", "load_dataset", "default_dataset"} <= set(ctckit.sources.__all__)
    for name in ctckit.sources.__all__:
        assert callable(getattr(ctckit.sources, name)), name
