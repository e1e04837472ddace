"""What is to be looked at: images without labels, the doubtful ones of a run, or of a reader."""

import csv
import json
import re
from collections.abc import Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

from ctckit.data.samples import Sample
from ctckit.errors import InputError
from ctckit.image.address import absolute, address_from, exists, name_of
from ctckit.labelling.journal import journal_of
from ctckit.labelling.session import Item
from ctckit.log import LOGGER
from ctckit.run_folder import RunFolder
from ctckit.sources.layouts import find_layout, open_dataset, tree_of
from ctckit.sources.options import SourceOptions
from ctckit.sources.unlabelled import list_images

OF_NAMES = ("names", "folders")  # layouts in which nobody has typed a label
EVERYTHING = SourceOptions(empty_labels="keep")
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
    """Return the samples that a source has labels for; none where it has none.

    What files and folders are called is not taken for a label here.

    Args:
        source: as `items_of_source` takes it.
        own: the list that is written now: the journal knows what is in it.
    """
    if source.is_dir() or source.suffix.lower() == ".zip":
        tree = tree_of(source)
        layout, name = find_layout(tree, SourceOptions())
        is_own = Path(tree.address(name)).resolve() == own.resolve() and journal_of(own).is_file()
        if layout.name in OF_NAMES or is_own:
            return []
        return [*open_dataset(source, EVERYTHING).everything]
    try:  # of a list of images alone there is nothing to be had
        return [*open_dataset(source, EVERYTHING).everything]
    except InputError as error:
        if source.exists():
            LOGGER.info("no labels in %s: %s", source, error)
        return []


def items_of_run(run: RunFolder) -> tuple[list[Item], list[Sample]]:
    """Return the images of a run whose labels may be wrong, and all of its samples.

    First come those of its `label_errors.csv`, the likeliest error first, then the images that it
    misread, the surest reading first.

    Raises:
        InputError: the run has neither, or a file of it is damaged.
    """
    lists = [run.train_csv, run.val_csv, run.test_csv]
    samples = [
        sample for file in lists if file.is_file()
        for sample in open_dataset(file, EVERYTHING).everything
    ]  # fmt: skip
    items = []
    if run.label_errors.is_file():
        rows = _rows(run.label_errors, IMAGE, "label", TEXT)
        items = [Item(row[IMAGE], row["label"], row[TEXT], "the label looks wrong") for row in rows]
    if run.evaluation.predictions.is_file():
        rows = _rows(run.evaluation.predictions, IMAGE, "label", "prediction", CONFIDENCE)
        misread = [row for row in rows if row["prediction"] != row["label"]]
        misread.sort(key=lambda row: -row[CONFIDENCE])
        items += [Item(row[IMAGE], row["label"], row["prediction"], "misread") for row in misread]
    if run.out_of_fold.is_file():
        rows = _rows(run.out_of_fold, IMAGE, "label")
        samples += [Sample(row[IMAGE], row["label"]) for row in rows]
    find = _Finder([image for image, _ in samples])
    found = [item._replace(image=find(item.image)) for item in items]
    if not found:
        raise InputError(
            f"expected a run that misread something, or with labels that look wrong, received "
            f"{run.path}, which has neither; there is nothing to correct"
        )
    return _each_once(found), samples


class _Finder:
    """Tell which of some images is meant by an address from another time and folder."""

    def __init__(self, images: Sequence[str]) -> None:
        self._known = {absolute(image) for image in images}
        self._by_name: dict[str, list[str]] = {}
        for image in self._known:
            self._by_name.setdefault(name_of(image), []).append(image)

    def __call__(self, address: str) -> str:
        """Return the image of that address, else the one whose address ends alike."""
        here = absolute(address)
        if here in self._known:
            return here
        alike = self._by_name.get(name_of(address), [])
        parts = _parts(address)

        def ending(image: str) -> int:
            pairs = zip(reversed(_parts(image)), reversed(parts), strict=False)
            return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))

        return max(alike, key=ending, default=here)


def _parts(address: str) -> list[str]:
    return [part for part in re.split(r"[/\\!]", address) if part not in ("", ".", "..")]


def items_of_queue(file: Path, below: float) -> list[Item]:
    """Return the images of which a reader was less sure than `below`, the least sure first.

    Args:
        file: what `ctckit read --out` wrote, .csv or .jsonl; its images are looked for from the
            working directory, else from the folder of the file.
        below: confidence, 0…1.

    Raises:
        InputError: it is no such file, it holds no such image, or none of them is there.
    """
    rows = [row for row in _rows(file, IMAGE, TEXT, CONFIDENCE) if row[CONFIDENCE] < below]
    if not rows:
        raise InputError(
            f"expected images of a confidence below {below:g} in {file}, received none; nothing is "
            "to be labelled, or give a higher one",
            argument="below",
        )
    rows.sort(key=lambda row: row[CONFIDENCE])
    folder = next((at for at in (Path.cwd(), file.parent) if _has_one(at, rows)), None)
    if folder is None:
        raise InputError(
            f"expected the images of {file} to exist, received none of them, such as "
            f"{rows[0][IMAGE]}; go to the folder in which they were read"
        )
    return _each_once([
        Item(absolute(address_from(folder, row[IMAGE])), None, row[TEXT],
             f"read with a confidence of {row[CONFIDENCE]:.0%}")
        for row in rows
    ])  # fmt: skip


def _has_one(folder: Path, rows: Sequence[dict[str, Any]]) -> bool:
    return any(exists(address_from(folder, row[IMAGE])) for row in rows)


def _each_once(items: Sequence[Item]) -> list[Item]:
    return [*{item.image: item for item in reversed(items)}.values()][::-1]


def _rows(file: Path, *columns: str) -> list[dict[str, Any]]:
    """Return these columns of a table of readings; a confidence is a number."""
    try:
        with file.open(encoding="utf-8", errors="surrogateescape", newline="") as stream:
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
