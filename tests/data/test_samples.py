from pathlib import Path

from ctckit.data.samples import Dataset, LeftOut, Sample, write_csv
from ctckit.sources.layouts import load_dataset
from tests.drawing import draw_folder


def test_without_moves_records_and_leaves_the_dataset_as_it_is():
    dataset = Dataset("set", [Sample("a.png", "a"), Sample("b.png", "b")], [LeftOut("c", "", "x")])
    fewer = dataset.without([LeftOut("a.png", "a", "blurred")])
    assert fewer.samples == [Sample("b.png", "b")]
    assert fewer.left_out == [LeftOut("c", "", "x"), LeftOut("a.png", "a", "blurred")]
    assert len(dataset.samples) == 2


def test_csv_reads_back_equal_with_labels_as_text(tmp_path):
    draw_folder(tmp_path / "set", count=2)
    images = sorted(map(str, (tmp_path / "set").iterdir()))
    samples = [Sample(images[0], "00123"), Sample(images[1], 'a,"é')]
    path = write_csv(samples, tmp_path / "new" / "val.csv")
    assert path.read_bytes().startswith(b"image,label\n")
    assert load_dataset(path, datasets_dir=tmp_path).samples == samples


def test_csv_holds_absolute_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = write_csv([Sample("a.png", "x")], "val.csv")
    assert path.read_text() == f"image,label\n{Path('a.png').resolve()},x\n"
