"""Write an LMDB data set that deep-text-recognition-benchmark, PARSeq and others read.

The keys are those of `create_lmdb_dataset.py` in
https://github.com/clovaai/deep-text-recognition-benchmark, see `lmdb_sets.py`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from ctckit.data.samples import Sample
from ctckit.data.writing import read_image
from ctckit.errors import InputError
from ctckit.files import new_folder, replace_atomically
from ctckit.image.lmdbs import SUFFIXES, close_lmdb
from ctckit.log import progress

FIRST_MAP_BYTES = 1 << 26  # grows as needed: on some systems the file is as large as its map
BATCH = 1000  # samples in a transaction


def write_lmdb(samples: Sequence[Sample], path: str | Path) -> Path:
    """Write samples as an LMDB data set, whole or not at all; images keep their bytes.

    Args:
        samples: to write, numbered from 1 in this order.
        path: of a folder, which will hold `data.mdb`, or of a file that ends in .lmdb or .mdb.

    Raises:
        InputError: there are none, an image cannot be read or is none, nothing can be written
            there, or the package `lmdb` is not installed.
    """
    path = Path(path)
    if not samples:
        raise InputError(f"expected samples to write to {path}, received none")
    with _place(path) as file, _opened(file) as environment:
        numbered = enumerate(progress(samples, "write"), start=1)
        while batch := list(islice(numbered, BATCH)):
            _put(environment, [pair for number, sample in batch for pair in _pairs(number, sample)])
        _put(environment, [(b"num-samples", str(len(samples)).encode())])
    return path


@contextmanager
def _place(path: Path) -> Iterator[Path]:
    if path.suffix.lower() in SUFFIXES:
        close_lmdb(str(path))  # what is replaced is not read any more
        with replace_atomically(path) as file:
            yield file
    else:
        with new_folder(path) as folder:
            yield folder / "data.mdb"


@contextmanager
def _opened(file: Path) -> Iterator[Any]:
    try:
        import lmdb
    except ImportError as error:
        raise InputError(
            f"cannot write {file.name}: expected the package lmdb, received none; pip install lmdb"
        ) from error
    environment = lmdb.open(str(file), subdir=False, lock=False, map_size=FIRST_MAP_BYTES)
    try:
        yield environment
    except lmdb.Error as error:
        raise InputError(
            f"cannot write {file.name}: {error}; make room, or choose another place"
        ) from error
    finally:
        environment.close()


def _pairs(number: int, sample: Sample) -> list[tuple[bytes, bytes]]:
    return [
        (b"image-%09d" % number, read_image(sample.image)),
        (b"label-%09d" % number, sample.label.encode()),
    ]


def _put(environment: Any, pairs: list[tuple[bytes, bytes]]) -> None:
    """Write pairs in one transaction, in a larger map if this one is full."""
    import lmdb

    while True:
        try:
            with environment.begin(write=True) as transaction:
                for key, value in pairs:
                    transaction.put(key, value)
            return
        except lmdb.MapFullError:
            environment.set_mapsize(2 * environment.info()["map_size"])
