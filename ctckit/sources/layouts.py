"""Open a set of labelled images, whatever its layout.

A layout is one function from a path to samples; the table `LAYOUTS` names them all.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ctckit.data.samples import Dataset, LeftOut, Sample
from ctckit.errors import InputError
from ctckit.sources.folders import folder_samples, zip_samples
from ctckit.sources.tables import csv_samples
from ctckit.text.vocabulary import normalise


class Layout(NamedTuple):
    """How labelled images may lie, when that is the case, and how they are listed."""

    name: str
    applies: Callable[[Path], bool]
    samples: Callable[[Path, str | None], list[Sample]]


LAYOUTS = (
    Layout("a folder", Path.is_dir, folder_samples),
    Layout("a .zip", lambda path: path.suffix.lower() == ".zip", zip_samples),
    Layout("a .csv", lambda path: path.suffix.lower() == ".csv", csv_samples),
)
# A CSV of such a name is called after its folder.
PLAIN_NAMES = {"annotations", "data", "gt", "label", "labels", "test", "train", "val"}


def open_dataset(source: str | Path, *, label_separator: str | None = None) -> Dataset:
    """List the labelled images of `source`; no image is read yet.

    Args:
        source: One of
            a folder of images, or a folder whose only subfolder with images is meant;
            a `.zip` of such a folder, which is read in place;
            a `.csv` in UTF-8 with the columns `image` (or `path`, or `filename`) and `label`,
            its addresses relative to the CSV's folder, else to the working directory.
        label_separator: How the names of files become labels, see
            `ctckit.sources.file_names.labels_of_stems`; None detects counters of repeated
            labels, "" takes the whole name. Without meaning for a CSV.

    Returns:
        The samples, sorted by address. Labels are text in Unicode's composed form (NFC). Records
        without a label are in `left_out`.

    Raises:
        InputError: Nothing usable there; the message says what was expected and found.
    """
    path = Path(source)
    try:
        samples = _layout_of(path).samples(path, label_separator)
    except OSError as error:  # no permission, a name too long for this system
        raise InputError(f"cannot read {source}: {error.strerror or error}") from error
    return _dataset(_name_of(path), samples)


def load_dataset(
    source: str | Path,
    *,
    datasets_dir: str | Path | None = None,
    label_separator: str | None = None,
) -> Dataset:
    """Return `open_dataset(source)`; nothing is unpacked to `datasets_dir` any more."""
    return open_dataset(source, label_separator=label_separator)


def _layout_of(path: Path) -> Layout:
    exists = path.exists()
    for layout in LAYOUTS:
        if exists and layout.applies(path):
            return layout
    *names, last = [layout.name for layout in LAYOUTS]
    found = f"received the file {path}" if exists else f"{path} does not exist"
    raise InputError(f"expected {', '.join(names)} or {last} of images, {found}")


def _name_of(path: Path) -> str:
    if path.is_dir():
        return path.resolve().name
    says_nothing = path.suffix.lower() == ".csv" and path.stem.lower() in PLAIN_NAMES
    return (says_nothing and path.resolve().parent.name) or path.stem


def _dataset(name: str, samples: list[Sample]) -> Dataset:
    """Sort the samples by address and put those without a label aside."""
    ordered = sorted(Sample(image, normalise(label)) for image, label in samples)
    unusable = [LeftOut(*sample, why) for sample in ordered if (why := _unusable(sample))]
    if len(unusable) == len(ordered):
        raise InputError(
            f"expected labelled images in {name}, none of {len(ordered)} is: {unusable[0].reason}"
        )
    return Dataset(name, ordered).without(unusable)


def _unusable(sample: Sample) -> str:
    if not sample.label.strip():
        return "empty label"
    try:
        "".join(sample).encode()
    except UnicodeEncodeError:  # bytes of a file name that no CSV in UTF-8 can hold
        return "file name is not UTF-8"
    return ""
