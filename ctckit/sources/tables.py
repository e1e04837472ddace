"""Images and their labels as rows of a CSV file."""

import csv
from collections.abc import Iterable
from pathlib import Path

from ctckit.data.samples import Sample
from ctckit.errors import InputError
from ctckit.image.address import absolute, address_from, exists

IMAGE_COLUMNS = ("image", "path", "filename")


def csv_samples(path: Path, label_separator: str | None = None) -> list[Sample]:
    """Return the rows of a CSV file in UTF-8 with the columns `image` and `label`.

    Instead of `image` the column may be called `path` or `filename`. It holds addresses, relative
    to the folder of the CSV, else to the working directory.

    Args:
        path: of the CSV.
        label_separator: without meaning here: labels are not taken from names.

    Raises:
        InputError: columns or rows are missing, an image does not exist or is named again.
        OSError: the file cannot be read.
    """
    rows = _read_rows(path)
    samples = [Sample(_locate(name, path.parent), label) for name, label in rows]
    missing = [
        name or "(no name)"
        for (name, _), found in zip(rows, samples, strict=True)
        if not found.image
    ]
    if missing:
        raise InputError(
            f"expected the image of every row of {path} to exist, {len(missing)} of {len(rows)} "
            f"are missing: {_first(missing)}; give paths relative to the CSV"
        )
    if again := _repeats(sample.image for sample in samples):
        raise InputError(
            f"expected every image once in {path}, {len(again)} of {len(rows)} rows name one "
            f"again: {_first(again)}; remove the duplicate rows"
        )
    return samples


def _read_rows(path: Path) -> list[tuple[str, str]]:
    """Return (image, label) of each row, as text."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            columns = reader.fieldnames or []
            image_column = next((name for name in IMAGE_COLUMNS if name in columns), None)
            if image_column is None or "label" not in columns:
                raise InputError(
                    f"expected the columns image,label in {path}, "
                    f"received {','.join(columns) or 'no header'}; name them so in its first line"
                )
            rows = [(row[image_column] or "", row["label"] or "") for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"expected {path} to be a CSV file in UTF-8, received another: {error}"
        ) from error
    if not rows:
        raise InputError(f"expected rows below the header of {path}, received none")
    return rows


def _locate(name: str, folder: Path) -> str:
    """Return the address that `name` means, or "" if there is no such image."""
    places = (address_from(folder, name), address_from("", name))
    return next((address for address in places if exists(address)), "")


def _repeats(images: Iterable[str]) -> list[str]:
    """Return the images that name the same file or member as an earlier one."""
    seen: set[str] = set()
    again = []
    for image in images:
        address = absolute(image)
        if address in seen:
            again.append(image)
        seen.add(address)
    return again


def _first(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
