from io import BytesIO
from pathlib import Path

import lmdb
import pytest
from PIL import Image

from ctckit.data.samples import LeftOut, Sample
from ctckit.errors import InputError
from ctckit.image.address import exists, read_bytes
from ctckit.sources.files.tree import folder_tree, zip_tree
from ctckit.sources.options import SourceOptions
from ctckit.sources.tools.lmdb_sets import find_lmdb, read_lmdb, shows_lmdb
from ctckit.sources.tools.lmdb_writer import write_lmdb
from tests.image.lmdbs import make_lmdb
from tests.image.zips import make_zip

OPTIONS = SourceOptions()
GIF = b"GIF89a"  # what the writer knows an image by


def make_set(file: Path, *texts: str, **more: bytes) -> Path:
    values = {"num-samples": str(len(texts)).encode()}
    for number, text in enumerate(texts, start=1):
        values[f"image-{number:09}"] = f"image of {text}".encode()
        values[f"label-{number:09}"] = text.encode()
    return make_lmdb(file, values | {key.replace("_", "-"): value for key, value in more.items()})


def read_tree(tree):
    return read_lmdb(tree, find_lmdb(tree), OPTIONS)


def test_a_set_is_read_in_place(tmp_path):
    make_set(tmp_path / "data.mdb", "cat", "Straße", "")
    (tmp_path / "lock.mdb").write_bytes(b"")
    listing = read_tree(folder_tree(tmp_path))
    assert listing.samples == [
        Sample(f"{tmp_path}/data.mdb!image-00000000{number}", text)
        for number, text in enumerate(("cat", "Straße", ""), start=1)
    ]
    assert read_bytes(listing.samples[0].image) == b"image of cat"
    assert listing.said == "1 LMDB file: data.mdb, images and labels inside"
    assert (listing.left_out, listing.notes) == ([], [])


@pytest.mark.parametrize("name", ["set.lmdb", "train.mdb", "SET.LMDB"])
def test_single_files(tmp_path, name):
    make_set(tmp_path / name, "cat")
    tree = folder_tree(tmp_path, whole=False)
    assert shows_lmdb(tree, name)
    assert read_lmdb(tree, name, OPTIONS).samples == [
        Sample(f"{tmp_path / name}!image-000000001", "cat")
    ]


def test_several_sets_at_any_depth(tmp_path):
    for folder, text in (("MJ/MJ_train", "a"), ("MJ/MJ_valid", "b"), ("ST", "c")):
        make_set(tmp_path / folder / "data.mdb", text)
    listing = read_tree(folder_tree(tmp_path))
    assert [label for _, label in listing.samples] == ["c", "a", "b"]
    assert listing.said.startswith("3 LMDB files: ST/data.mdb, MJ/MJ_train/data.mdb, ")
    assert all(exists(image) for image, _ in listing.samples)


PARTS = [
    # files, those of train, of validation and of test, why
    ("training/MJ/data.mdb validation/data.mdb training/ST/data.mdb", "02", "1", "", "folders"),
    ("training/data.mdb validation/data.mdb evaluation/IIIT/data.mdb", "0", "1", "2", "DTRB's"),
    ("train.lmdb val.lmdb test.lmdb", "0", "1", "2", "files"),
    ("set-train.lmdb set-val.lmdb", "0", "1", "", "files of one set"),
    ("MJ/MJ_train/data.mdb MJ/MJ_valid/data.mdb", "01", "", "", "names that only contain parts"),
    ("train/data.mdb val/data.mdb more/data.mdb", "0", "1", "", "one that is no part"),
    ("val/data.mdb test/data.mdb", "01", "", "", "nothing to train on but these"),
    ("train.lmdb other.lmdb", "01", "", "", "no other part"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("files", "train", "validation", "test"), [row[:4] for row in PARTS], ids=[r[4] for r in PARTS]
)
def test_parts(tmp_path, files, train, validation, test):
    for number, file in enumerate(files.split()):
        make_set(tmp_path / file, str(number))
    listing = read_tree(folder_tree(tmp_path))
    found = ["".join(sorted(label for _, label in part))
             for part in (listing.samples, listing.validation, listing.test)]  # fmt: skip
    assert found == [train, validation, test]
    assert bool(listing.notes) == ("more" in files)


def test_a_file_that_was_given_is_read_alone(tmp_path):
    make_set(tmp_path / "a.lmdb", "a")
    make_set(tmp_path / "b.lmdb", "b")
    tree = folder_tree(tmp_path, whole=False)
    assert [label for _, label in read_lmdb(tree, "b.lmdb", OPTIONS).samples] == ["b"]
    assert len(read_tree(folder_tree(tmp_path)).samples) == 2


def test_a_folder_without_lmdb(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "lock.mdb").write_bytes(b"")
    assert find_lmdb(folder_tree(tmp_path)) is None


def test_labels_without_image_are_left_out_and_wrong_numbers_said(tmp_path):
    file = make_set(tmp_path / "data.mdb", "cat", label_000000002=b"dog", num_samples=b"7")
    listing = read_tree(folder_tree(tmp_path))
    assert [label for _, label in listing.samples] == ["cat"]
    assert listing.left_out == [LeftOut(f"{file}!image-000000002", "dog", "no such image")]
    assert listing.notes == [f"{file} says that it has 7 samples, and has 2"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"other": b"1"}, "expected keys image-000000001, label-000000001 and so on in .*data.mdb"),
        ({"label-000000001": b"\xff"}, "data.mdb!label-000000001 to be text in UTF-8"),
    ],
)
def test_other_content_is_refused(tmp_path, values, message):
    make_lmdb(tmp_path / "data.mdb", values)
    with pytest.raises(InputError, match=message):
        read_tree(folder_tree(tmp_path))


def test_in_an_archive_it_is_refused(tmp_path):
    archive = make_zip(tmp_path / "set.zip", {"set/data.mdb": b"x"})
    with pytest.raises(InputError, match="unpack it"):
        read_tree(zip_tree(archive))


@pytest.mark.parametrize("name", ["written", "written.lmdb", "written.mdb"])
def test_what_is_written_is_read_again(tmp_path, name):
    samples = [Sample(str(tmp_path / f"{text}.png"), text) for text in ("cat", "ä b", "")]
    for image, text in samples:
        Path(image).write_bytes(GIF + text.encode())
    path = write_lmdb(samples, tmp_path / name)
    file = path if path.suffix else path / "data.mdb"
    listing = read_lmdb(folder_tree(file.parent, whole=False), file.name, OPTIONS)
    assert [label for _, label in listing.samples] == ["cat", "ä b", ""]
    assert [read_bytes(image) for image, _ in listing.samples] == [
        GIF + b"cat", GIF + "ä b".encode(), GIF,
    ]  # fmt: skip
    assert listing.notes == []


def test_what_is_written_is_read_as_dtrb_does(tmp_path):
    """By LMDB and Pillow alone, and the keys of its `LmdbDataset`: no byte of an image differs."""
    samples = [Sample(str(tmp_path / f"{number}.png"), f"text {number} ж") for number in range(12)]
    for number, (image, _) in enumerate(samples):
        Image.new("RGB", (30 + number, 20), (number, 0, 0)).save(image)
    path = write_lmdb(samples, tmp_path / "set")
    with (
        lmdb.open(str(path), readonly=True, lock=False, readahead=False) as environment,
        environment.begin(write=False) as transaction,
    ):
        count = int(transaction.get(b"num-samples"))
        assert count == len(samples)
        for index, (image, label) in enumerate(samples, start=1):
            assert transaction.get(f"label-{index:09d}".encode()).decode() == label
            content = transaction.get(f"image-{index:09d}".encode())
            assert content == Path(image).read_bytes()
            with Image.open(BytesIO(content)) as opened:
                assert opened.convert("RGB").size == (29 + index, 20)


def test_large_images_come_in_smaller_transactions(tmp_path, monkeypatch):
    monkeypatch.setattr("ctckit.sources.tools.lmdb_writer.BATCH_BYTES", 1000)
    monkeypatch.setattr("ctckit.sources.tools.lmdb_writer.FIRST_MAP_BYTES", 1 << 15)
    for number, size in enumerate((10, 400, 400, 400, 3000, 100_000, 5)):
        (tmp_path / f"{number}.png").write_bytes(GIF + bytes(size))
    samples = [Sample(str(tmp_path / f"{number}.png"), str(number)) for number in range(7)]
    write_lmdb(samples, tmp_path / "set.lmdb")
    listing = read_lmdb(folder_tree(tmp_path, whole=False), "set.lmdb", OPTIONS)
    assert [label for _, label in listing.samples] == [*"0123456"]
    for (packed, _), (image, _) in zip(listing.samples, samples, strict=True):
        assert read_bytes(packed) == Path(image).read_bytes()


def test_a_file_that_is_written_again(tmp_path):
    image = tmp_path / "a.png"
    for text in ("old", "new"):
        image.write_bytes(GIF + text.encode())
        write_lmdb([Sample(str(image), text)], tmp_path / "set.lmdb")
        listing = read_lmdb(folder_tree(tmp_path, whole=False), "set.lmdb", OPTIONS)
        assert read_bytes(listing.samples[0].image) == GIF + text.encode()
        assert listing.samples[0].label == text


def test_the_map_grows(tmp_path, monkeypatch):
    monkeypatch.setattr("ctckit.sources.tools.lmdb_writer.FIRST_MAP_BYTES", 1 << 15)
    monkeypatch.setattr("ctckit.sources.tools.lmdb_writer.BATCH", 3)
    image = tmp_path / "a.png"
    image.write_bytes(GIF * 10_000)
    write_lmdb([Sample(str(image), str(number)) for number in range(10)], tmp_path / "set")
    listing = read_tree(folder_tree(tmp_path / "set"))
    assert [label for _, label in listing.samples] == [str(number) for number in range(10)]
    assert read_bytes(listing.samples[9].image) == GIF * 10_000


@pytest.mark.parametrize("name", ["set", "set.lmdb"])
def test_whole_or_not_at_all(tmp_path, name):
    image = tmp_path / "a.png"
    image.write_bytes(GIF)
    with pytest.raises(InputError, match="gone.png"):
        write_lmdb([Sample(str(image), "a"), Sample("gone.png", "b")], tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    with pytest.raises(InputError, match="expected samples to write"):
        write_lmdb([], tmp_path / name)
