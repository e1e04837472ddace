"""Where labelled images come from: a folder, a zip archive of one, or a CSV file."""

import csv
from pathlib import Path

from ctckit.data.samples import Dataset, LeftOut, Sample
from ctckit.errors import InputError
from ctckit.sources.archives import unpack
from ctckit.sources.file_names import labels_of_stems
from ctckit.text.vocabulary import normalise

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff"})
IMAGE_COLUMNS = ("image", "path", "filename")


def load_dataset(
    source: str | Path, *, datasets_dir: str | Path, label_separator: str | None = None
) -> Dataset:
    """List the labelled images of `source`; no image is opened yet.

    Args:
        source: One of
            a folder of images, or a folder whose only subfolder with images is meant;
            a `.zip` of such a folder, unpacked once to `datasets_dir/<name of the zip>`;
            a `.csv` in UTF-8 with the columns `image` (or `path`, or `filename`) and `label`,
            its paths relative to the CSV's folder, else to the working directory.
        datasets_dir: Where archives are unpacked to.
        label_separator: How the names of files become labels, see
            `ctckit.data.labels.labels_of_stems`; None detects counters of repeated labels,
            "" takes the whole name. Without meaning for a CSV.

    Returns:
        The samples, sorted by path. Labels are text in Unicode's composed form (NFC). Records
        without a label are in `left_out`.

    Raises:
        InputError: Nothing usable there; the message says what was expected and found.
    """
    try:
        return _load(Path(source), Path(datasets_dir), label_separator)
    except OSError as error:  # no permission, a name too long for this system
        raise InputError(f"cannot read {source}: {error.strerror}") from error


def _load(path: Path, datasets_dir: Path, label_separator: str | None) -> Dataset:
    if path.is_dir():
        return _load_folder(path, label_separator)
    if not path.exists():
        raise InputError(f"expected a folder, a .zip or a .csv of images, {path} does not exist")
    if path.suffix.lower() == ".zip":
        return _load_folder(
            unpack(path, datasets_dir / path.stem, suffixes=IMAGE_SUFFIXES), label_separator
        )
    if path.suffix.lower() == ".csv":
        return _load_csv(path)
    raise InputError(f"expected a folder, a .zip or a .csv of images, received the file {path}")


def find_images(folder: Path) -> list[Path]:
    """Return the images of `folder`, or of its only subfolder that has some, sorted by path.

    Images are known by their suffix; hidden files are skipped.
    """
    if images := _images_in(folder):
        return images
    subfolders = [images for entry in sorted(folder.iterdir()) if (images := _images_in(entry))]
    return subfolders[0] if len(subfolders) == 1 else []


def _images_in(folder: Path) -> list[Path]:
    if not folder.is_dir() or folder.name == "__MACOSX":
        return []
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in IMAGE_SUFFIXES
        and not path.name.startswith(".")
        and path.is_file()
    )


def _load_folder(folder: Path, label_separator: str | None) -> Dataset:
    images = find_images(folder)
    if not images:
        several = [entry.name for entry in sorted(folder.iterdir()) if _images_in(entry)]
        found = "no image" if any(folder.iterdir()) else "an empty folder"
        if several:
            found = f"images in several folders: {_first(several)}; give one of them, or a CSV"
        raise InputError(
            f"expected images ({' '.join(sorted(IMAGE_SUFFIXES))}) in {folder}, found {found}"
        )
    labels = labels_of_stems([path.stem for path in images], label_separator)
    records = [Sample(str(path), label) for path, label in zip(images, labels, strict=True)]
    return _dataset(folder.resolve().name, records)


def _load_csv(path: Path) -> Dataset:
    rows = _read_rows(path)
    images = [_locate(name, path.parent) for name, _ in rows]
    missing = [
        name or "(no name)" for (name, _), image in zip(rows, images, strict=True) if not image
    ]
    if missing:
        raise InputError(
            f"expected the image of every row of {path} to exist, {len(missing)} of {len(rows)} "
            f"are missing: {_first(missing)}"
        )
    if again := _repeats(images):
        raise InputError(
            f"expected every image once in {path}, {len(again)} of {len(rows)} rows name one "
            f"again: {_first(again)}; remove the duplicate rows"
        )
    return _dataset(
        path.stem, [Sample(image, label) for image, (_, label) in zip(images, rows, strict=True)]
    )


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
                    f"found {','.join(columns) or 'no header'}"
                )
            rows = [(row[image_column] or "", row["label"] or "") for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"expected {path} to be a CSV file in UTF-8: {error}") from error
    if not rows:
        raise InputError(f"expected rows below the header of {path}, found none")
    return rows


def _locate(name: str, folder: Path) -> str | None:
    return next((str(path) for path in (folder / name, Path(name)) if path.is_file()), None)


def _repeats(images: list[str]) -> list[str]:
    """Return the images that name the same file as an earlier one."""
    seen: set[Path] = set()
    again = []
    for image in images:
        file = Path(image).resolve()
        if file in seen:
            again.append(image)
        seen.add(file)
    return again


def _first(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")


def _dataset(name: str, records: list[Sample]) -> Dataset:
    """Sort the records by path and put those without a label aside."""
    ordered = sorted(Sample(image, normalise(label)) for image, label in records)
    unusable = [LeftOut(*record, why) for record in ordered if (why := _unusable(record))]
    if len(unusable) == len(ordered):
        raise InputError(
            f"expected labelled images in {name}, none of {len(ordered)} is: {unusable[0].reason}"
        )
    return Dataset(name, ordered).without(unusable)


def _unusable(record: Sample) -> str:
    if not record.label.strip():
        return "empty label"
    try:
        "".join(record).encode()
    except UnicodeEncodeError:  # bytes of a file name that no CSV in UTF-8 can hold
        return "file name is not UTF-8"
    return ""
