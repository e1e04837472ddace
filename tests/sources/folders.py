"""Lay out folders for the tests; their images are empty files where nothing reads them."""

from pathlib import Path

from ctckit.data.samples import Dataset


def touch(folder: Path, *names: str) -> Path:
    """Make a folder of empty files, whose names may lead into subfolders; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")
    return folder


def labels(dataset: Dataset) -> list[str]:
    """Return the labels in the order of the samples."""
    return [sample.label for sample in dataset.samples]
