"""The lists of a run: which images it learned from, and which were held back."""

import csv
import os
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from ctckit.data.samples import Sample, Samples, write_list
from ctckit.data.texts import Texts
from ctckit.errors import InputError
from ctckit.image.address import absolute_all, exists, file_of
from ctckit.images_root import ImagesRoot, common_root
from ctckit.run_folder import RunFolder

LOOKED_FOR = 20  # images, to tell whether a folder is the right one


def write_lists(
    run: RunFolder,
    train: Sequence[Sample],
    val: Sequence[Sample],
    test: Sequence[Sample] = (),
) -> None:
    """Write `train.csv` and, where there are such parts, `val.csv` and `test.csv` of a run.

    They name the images relative to the folder that holds them all, and `images.json` tells where
    it is, so that run and images can be moved. Where no folder holds all of them, as on two
    drives of Windows, the addresses are absolute.

    Raises:
        InputError: nothing can be written there.
    """
    parts = [
        (Samples.of(part), path)
        for part, path in ((train, run.train_csv), (val, run.val_csv), (test, run.test_csv))
    ]
    places = [Texts.of(absolute_all(part.images)) for part, _ in parts]
    root = common_root(map(file_of, chain(*places)))
    if root is not None:
        ImagesRoot.seen_from(run.path, root).save(run.path)
    for (part, path), its in zip(parts, places, strict=True):
        if its:
            write_list(its, part.labels, path, root=root)


def read_lists(run: RunFolder, first: str = "") -> tuple[Samples, Samples, Samples]:
    """Return what `write_lists` wrote: the same samples in the same order.

    Args:
        run: with the lists.
        first: address of the first image to learn from, as it was when they were written: the
            others are spelled alike, as long as they are found so. Else addresses are absolute.

    Raises:
        InputError: a list is damaged, or the images are not where they were.
    """
    root = ImagesRoot.load(run.path)
    places: list[str | Path] = [""] if root is None else [*root.places(run.path)]
    train = _read_list(run.train_csv)
    if not train:
        raise InputError(
            f"expected the images that the run learns from in {run.train_csv}, received none; "
            "begin a new run"
        )
    if first.endswith(train[0].image):
        places.insert(0, first.removesuffix(train[0].image))
    place = next((one for one in places if _holds_some(one, train)), None)
    if place is None:
        where = train[0].image if root is None else " or ".join(map(str, root.places(run.path)))
        raise InputError(
            f"expected the images of the run where they were, received nothing in {where}; "
            "bring them back"
        )

    def found(samples: Samples) -> Samples:
        return Samples(Texts.of(_joined(place, image) for image in samples.images), samples.labels)

    return found(train), found(_read_list(run.val_csv)), found(_read_list(run.test_csv))


def _holds_some(root: str | Path, samples: Sequence[Sample]) -> bool:
    return any(exists(_joined(root, sample.image)) for sample in samples[:LOOKED_FOR])


def _joined(root: str | Path, image: str) -> str:
    return os.path.join(root, image)  # noqa: PTH118 - Path would change the name of a member


def _read_list(path: Path) -> Samples:
    if not path.is_file():
        return Samples.of([])
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            next(rows)
            return Samples.of((image, label) for image, label in rows)
    except (OSError, StopIteration, ValueError, csv.Error) as error:
        raise InputError(
            f"expected a list with the columns image,label in {path}, received another file "
            f"({error}); begin a new run"
        ) from error
