"""Results as a Parquet file, by the package pyarrow, which is asked for only here."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ctckit.files import replace_atomically

ROWS = 100_000  # of a row group, at least: readers skip and spread work by these
TYPES = {
    "image": "string", "text": "string", "confidence": "float64", "accepted": "bool",
    "error": "string",
}  # fmt: skip


@contextmanager
def parquet_file(
    path: Path, columns: Iterable[str]
) -> Iterator[Callable[[Iterable[dict[str, Any]]], None]]:
    r"""Lend a function that adds rows to a Parquet file, written whole or not at all.

    It has a column `error`, too, so that all files of a folder have the same. Text in Parquet is
    UTF-8: bytes of names that are no text are \udc80 there.

    Raises:
        InputError: nothing can be written there.
    """
    import pyarrow
    from pyarrow.parquet import ParquetWriter

    schema = pyarrow.schema([(name, TYPES[name]) for name in dict.fromkeys([*columns, "error"])])
    waiting: list[dict[str, Any]] = []

    def write(rows: Iterable[dict[str, Any]], enough: int = ROWS) -> None:
        waiting.extend(map(_as_utf8, rows))
        if len(waiting) >= enough:
            writer.write_table(pyarrow.Table.from_pylist(waiting, schema))
            waiting.clear()

    with replace_atomically(path) as temporary, ParquetWriter(temporary, schema) as writer:
        yield write
        write([], enough=1)


def read_parquet(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a file."""
    from pyarrow.parquet import ParquetFile

    rows: list[dict[str, Any]] = ParquetFile(path).read().to_pylist()
    return rows


def _as_utf8(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.encode("utf-8", "backslashreplace").decode()
        if isinstance(value, str)
        else value
        for name, value in row.items()
    }
