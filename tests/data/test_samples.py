import pickle
from pathlib import Path

import numpy as np
import pytest

from ctckit.data.samples import Dataset, LeftOut, Sample, Samples, write_csv
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


PAIRS = [Sample("b.png", "2"), Sample("a.png", "é"), Sample("b.png", "1"), Sample("c.png", "")]


def test_samples_are_a_sequence_in_columns():
    samples = Samples.of(iter(PAIRS))
    assert samples == PAIRS and [*samples] == PAIRS and len(samples) == 4
    assert samples[1] == samples[np.int64(1)] == samples[-3] == PAIRS[1]
    assert isinstance(samples[1], Sample) and PAIRS[1] in samples and ("a.png", "x") not in samples
    assert samples.images[1:] == ["a.png", "b.png", "c.png"]
    assert samples.where(label < "3" for label in samples.labels).labels == ["2", "1", ""]
    assert Samples.of(samples) is samples and not Samples.of([])
    with pytest.raises(IndexError):
        samples[4]


def test_parts_of_samples_share_the_columns():
    samples = Samples.of(PAIRS)
    first, second = samples[np.array([3, 0])], samples[1:3]
    assert first == [PAIRS[3], PAIRS[0]] and second == PAIRS[1:3]
    together = first + second
    assert together == [PAIRS[3], PAIRS[0], *PAIRS[1:3]]
    assert together._images is samples._images
    assert first + PAIRS[:1] == [PAIRS[3], PAIRS[0], PAIRS[0]]
    assert pickle.loads(pickle.dumps(first)) == first  # noqa: S301


def test_samples_are_sorted_as_pairs_are():
    samples = Samples.of(PAIRS)
    assert samples.sorted() == sorted(PAIRS) and samples == PAIRS
    assert samples.sorted_positions().tolist() == [1, 2, 0, 3]
    assert samples.sorted().sorted_positions().tolist() == [0, 1, 2, 3]
