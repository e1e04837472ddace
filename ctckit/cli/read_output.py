"""Where the texts go that are read: lines for the terminal, a CSV file, or lines of JSON."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ctckit.errors import InputError
from ctckit.files import replace_atomically
from ctckit.terminal import show_table

Rows = Iterable[dict[str, Any]]  # image, text, confidence, and accepted where that was asked
Write = Callable[[Rows], None]


@contextmanager
def table_file(path: Path, columns: Iterable[str]) -> Iterator[Write]:
    """Lend a function that adds rows to a .csv or .jsonl file, written whole or not at all.

    Names and texts are in it as they are, quoted as CSV and JSON do it.

    Raises:
        InputError: nothing can be written there.
    """
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


def require_table_name(path: Path) -> None:
    """Refuse a file of another kind.

    Raises:
        InputError: its name ends neither in .csv nor in .jsonl.
    """
    if path.suffix.lower() not in (".csv", ".jsonl"):
        raise InputError(
            f"expected a file to write that ends in .csv or .jsonl, received {path}",
            argument="out",
        )


def show_rows(rows: Rows) -> None:
    """Print rows for people and pipes."""
    show_table(map(_columns, rows))


def _columns(row: dict[str, Any]) -> list[str]:
    columns = [row["image"], row["text"], f"{row['confidence']:.4f}"]
    return columns if "accepted" not in row else [*columns, "ok" if row["accepted"] else "look"]


def _csv_row(row: dict[str, Any]) -> dict[str, Any]:
    shown = {"confidence": f"{row['confidence']:.6f}"}
    return row | shown | ({"accepted": str(row["accepted"]).lower()} if "accepted" in row else {})
