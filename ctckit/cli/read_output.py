"""Where the texts go that are read: the terminal, CSV, lines of JSON, or Parquet."""

import csv
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ctckit.cli.parquet import parquet_file
from ctckit.errors import InputError
from ctckit.files import replace_atomically
from ctckit.terminal import show_table

# Image, text, confidence, accepted where that was asked; an error where an image cannot be read.
Row = dict[str, Any]
Rows = Iterable[Row]
Write = Callable[[Rows], None]


@contextmanager
def table_file(path: Path, columns: Iterable[str]) -> Iterator[Write]:
    """Lend a function that adds rows to a file of its suffix, written whole or not at all.

    Names and texts are in it as they are, quoted as CSV and JSON do it.

    Raises:
        InputError: nothing can be written there.
    """
    if path.suffix.lower() == ".parquet":
        with parquet_file(path, columns) as write:
            yield write
        return
    is_csv = path.suffix.lower() == ".csv"
    # Odd bytes of file names stay bytes in CSV, and become \udc80 … in JSON, which is that in JSON.
    errors = "surrogateescape" if is_csv else "backslashreplace"
    with (
        replace_atomically(path) as temporary,
        temporary.open("w", encoding="utf-8", errors=errors, newline="") as file,
    ):
        if is_csv:
            writer = csv.DictWriter(file, list(columns), lineterminator="\n")
            writer.writeheader()
            yield lambda rows: writer.writerows(map(_csv_row, rows))
        else:
            yield lambda rows: file.writelines(
                json.dumps(row, ensure_ascii=False) + "\n" for row in rows
            )


def is_folder(out: str) -> bool:
    """Say whether `--out` means a folder of Parquet files: it ends in a slash, or there is one."""
    return out.endswith(("/", os.sep)) or Path(out).is_dir()


def require_output_name(out: str) -> None:
    """Refuse a file of another kind.

    Raises:
        InputError: it is no folder, and its name has no suffix of a table.
    """
    if not is_folder(out) and Path(out).suffix.lower() not in (".csv", ".jsonl", ".parquet"):
        raise InputError(
            "expected a file to write that ends in .csv or .jsonl, or for Parquet in .parquet, "
            f"or a folder that ends in /, received '{out}'",
            argument="out",
        )


def show_rows(rows: Rows) -> None:
    """Print rows for people and pipes."""
    show_table(map(_columns, rows))


def _columns(row: Row) -> list[str]:
    columns = [row["image"], row["text"], f"{row['confidence']:.4f}"]
    return columns if "accepted" not in row else [*columns, "ok" if row["accepted"] else "look"]


def _csv_row(row: Row) -> Row:
    is_read = row["confidence"] is not None
    shown = {"confidence": f"{row['confidence']:.6f}"} if is_read else {}
    return row | shown | ({"accepted": str(row["accepted"]).lower()} if "accepted" in row else {})
