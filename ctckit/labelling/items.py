"""What is to be looked at: images without labels, the doubtful ones of a run, or of a reader."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ctckit.data.samples import Sample
from ctckit.errors import InputError
from ctckit.image.address import absolute, address_from
from ctckit.labelling.session import Item
from ctckit.log import LOGGER
from ctckit.run_folder import RunFolder
from ctckit.sources.layouts import find_layout, open_dataset, tree_of
from ctckit.sources.options import SourceOptions
from ctckit.sources.unlabelled import list_images

IMAGE, TEXT, CONFIDENCE = "image", "text", "confidence"  # columns of what `ctckit read` writes


def items_of_source(
    source: Path, given: Sequence[Sample] = (), readings: Mapping[str, str] | None = None
) -> list[Item]:
    """Return the images of a source.

    Args:
        source: a folder, a `.zip`, a list, or a source of any other layout.
        given: labels of some of them.
        readings: what is suggested, by absolute address.

    Raises:
        InputError: there is no such source, or no image in it.
    """
    images = list(dict.fromkeys(map(absolute, list_images(source))))
    labels = {absolute(image): label for image, label in given}
    readings = readings or {}
    return [Item(image, labels.get(image), readings.get(image)) for image in images]


def given_labels(source: Path, own: Path) -> list[Sample]:
    """Return the samples that the lists of a source name; none where it has no list.

    What files and folders are called is not taken for a label here.

    Args:
        source: as `items_of_source` takes it.
        own: the list that is written now: what is in it was typed here.
    """
    if source.is_dir() or source.suffix.lower() == ".zip":
        tree = tree_of(source)
        layout, name = find_layout(tree, SourceOptions())
        if layout.shows is None or Path(tree.address(name)).resolve() == own.resolve():
            return []
    if source.suffix.lower() in (".txt", ".list"):  # names of images alone, mostly
        try:
            return open_dataset(source).everything
        except InputError as error:
            LOGGER.info("no labels in %s: %s", source, error)
            return []
    return open_dataset(source).everything


def items_of_run(run: RunFolder) -> tuple[list[Item], list[Sample]]:
    """Return the images of a run whose labels may be wrong, and all of its samples.

    First come those of its `label_errors.csv`, the likeliest error first, then the images that it
    misread, the surest reading first.

    Raises:
        InputError: the run has neither, or a file of it is damaged.
    """
    lists = [run.train_csv, run.val_csv, run.test_csv]
    samples = [
        sample for file in lists if file.is_file() for sample in open_dataset(file).everything
    ]
    items = []
    if run.label_errors.is_file():
        rows = _rows(run.label_errors, IMAGE, "label", TEXT)
        items = [Item(row[IMAGE], row["label"], row[TEXT], "the label looks wrong") for row in rows]
    if run.evaluation.predictions.is_file():
        misread = [
            row
            for row in _rows(run.evaluation.predictions, IMAGE, "label", "prediction", CONFIDENCE)
            if row["prediction"] != row["label"]
        ]
        misread.sort(key=lambda row: -row[CONFIDENCE])
        items += [Item(row[IMAGE], row["label"], row["prediction"], "misread") for row in misread]
    if run.out_of_fold.is_file():
        rows = _rows(run.out_of_fold, IMAGE, "label")
        samples += [Sample(row[IMAGE], row["label"]) for row in rows]
    if not items:
        raise InputError(
            f"expected a run that misread something, or with labels that look wrong, received "
            f"{run.path}, which has neither; there is nothing to correct"
        )
    by_image = {absolute(item.image): item for item in reversed(items)}
    return [by_image[image] for image in dict.fromkeys(absolute(i.image) for i in items)], samples


def items_of_queue(file: Path, below: float) -> list[Item]:
    """Return the images of which a reader was less sure than `below`, the least sure first.

    Args:
        file: what `ctckit read --out` wrote, .csv or .jsonl.
        below: confidence, 0…1.

    Raises:
        InputError: it is no such file, or it holds no such image.
    """
    rows = [row for row in _rows(file, IMAGE, TEXT, CONFIDENCE) if row[CONFIDENCE] < below]
    if not rows:
        raise InputError(
            f"expected images of a confidence below {below:g} in {file}, received none; nothing is "
            "to be labelled, or give a higher one",
            argument="below",
        )
    rows.sort(key=lambda row: row[CONFIDENCE])
    folder = Path.cwd()
    return [
        Item(address_from(folder, row[IMAGE]), None, row[TEXT],
             f"read with a confidence of {row[CONFIDENCE]:.0%}")
        for row in rows
    ]  # fmt: skip


def _rows(file: Path, *columns: str) -> list[dict[str, Any]]:
    """Return these columns of a table of readings; a confidence is a number."""
    try:
        with file.open(encoding="utf-8", newline="") as stream:
            rows = map(json.loads, stream) if file.suffix == ".jsonl" else csv.DictReader(stream)
            named = [{name: row[name] for name in columns} for row in rows]
        return [
            row | ({CONFIDENCE: float(row[CONFIDENCE])} if CONFIDENCE in row else {})
            for row in named
        ]
    except (OSError, ValueError, KeyError, TypeError, RecursionError, csv.Error) as error:
        raise InputError(
            f"expected what was read, with the columns {', '.join(columns)}, in {file}, received "
            f"something else ({error!r}); give what ctckit read --out wrote"
        ) from error


def suggestions_of(file: Path) -> dict[str, str]:
    """Return the texts of a list, by the absolute addresses of its images.

    Raises:
        InputError: it is no list of images and texts.
    """
    return {absolute(image): text for image, text in open_dataset(file).everything}
