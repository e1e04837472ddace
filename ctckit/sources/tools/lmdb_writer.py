"""Write an LMDB data set that deep-text-recognition-benchmark, PARSeq and others read.

The keys are those of `create_lmdb_dataset.py` in
https://github.com/clovaai/deep-text-recognition-benchmark, see `lmdb_sets.py`.
"""

import errno
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ctckit.data.samples import Sample
from ctckit.data.writing import read_image
from ctckit.errors import InputError
from ctckit.files import new_folder, replace_atomically
from ctckit.image.lmdbs import SUFFIXES, close_lmdb
from ctckit.log import progress

FIRST_MAP_BYTES = 1 << 26  # grows as needed: on some systems the file is as large as its map
BATCH, BATCH_BYTES = 1000, 1 << 26  # samples, and about their bytes, in a transaction
ROOM_BYTES = 1 << 20  # a disk with less than this is full

Pair = tuple[bytes, bytes]


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
    with _place(path) as file:
        pack_lmdb(samples, file)
    return path


def pack_lmdb(samples: Sequence[Sample], file: Path) -> None:
    """Write samples to a new file, as `write_lmdb`, which is a part of itself until this returns.

    Raises:
        InputError: an image cannot be read or is none, or the package `lmdb` is not installed.
        OSError: nothing can be written there.
    """
    with _opened(file) as environment:
        for batch in _batches(samples):
            _put(environment, batch)
        _put(environment, [(b"num-samples", str(len(samples)).encode())])


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
    try:
        # Not on the disk after each transaction: a file that is not whole is not used.
        with lmdb.open(
            str(file), subdir=False, lock=False, map_size=FIRST_MAP_BYTES, sync=False
        ) as environment:
            yield environment
            environment.sync(True)
    except lmdb.Error as error:
        is_full = shutil.disk_usage(file.parent).free < ROOM_BYTES  # LMDB calls that EIO
        number = errno.ENOSPC if is_full else errno.EIO
        raise OSError(number, os.strerror(number) if is_full else str(error), str(file)) from error


def _batches(samples: Sequence[Sample]) -> Iterator[list[Pair]]:
    """Yield keys and values of as many samples as a transaction should have."""
    batch: list[Pair] = []
    size = 0
    for number, sample in enumerate(progress(samples, "pack", unit="image"), start=1):
        pairs = _pairs(number, sample)
        batch += pairs
        size += sum(len(value) for _, value in pairs)
        if len(batch) >= 2 * BATCH or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    yield batch


def _pairs(number: int, sample: Sample) -> list[Pair]:
    return [
        (b"image-%09d" % number, read_image(sample.image)),
        (b"label-%09d" % number, sample.label.encode()),
    ]


def _put(environment: Any, pairs: list[Pair]) -> None:
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
