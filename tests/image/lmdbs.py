"""Make LMDB files for the tests."""

from pathlib import Path

import lmdb


def make_lmdb(path: Path, values: dict[str, bytes]) -> Path:
    """Write an LMDB file of these values by key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        lmdb.open(str(path), subdir=False, lock=False, map_size=1 << 26) as environment,
        environment.begin(write=True) as transaction,
    ):
        for key, value in values.items():
            transaction.put(key.encode(), value)
    return path
