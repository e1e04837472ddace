"""`ctckit data convert`: labelled images in another form."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ctckit.cli.data_source import DataSource, name_left_out
from ctckit.cli.unfinished import unfinished
from ctckit.data.samples import Dataset, Sample
from ctckit.data.writing import Parts, parts_of, write_folder, write_list
from ctckit.errors import InputError
from ctckit.image.lmdbs import close_lmdb
from ctckit.log import LOGGER, counted
from ctckit.sources.layouts import open_dataset
from ctckit.sources.options import SourceOptions
from ctckit.terminal import show

LISTS = (".csv", ".txt")
FILES = (*LISTS, ".lmdb")
OTHERS = (".json", ".jsonl", ".mdb", ".parquet", ".tar", ".tsv", ".xlsx", ".xml", ".zip")


@dataclass(frozen=True)
class Convert(DataSource):
    """Put labelled images into another form, which every command opens to the same samples.

    A new folder gets copies of the images and a labels.csv; FILE.lmdb holds images and labels;
    FILE.csv and FILE.txt (with a tab, as PaddleOCR has it) list images that stay where they are.
    Of a set that came in parts the folder has train, val and test in it, each with a labels.csv;
    in the place of one file there are several, as FILE.train.csv and FILE.val.csv, each to be
    opened by itself.
    """

    target: Path | None = field(default=None, metadata={"positional": True})
    """A new folder, or a new .csv, .txt or .lmdb."""

    def run(self) -> None:
        """Do it."""
        if self.source is None or self.target is None:
            raise InputError("expected a source, and a new folder, .csv, .txt or .lmdb to write")
        _require_known(self.target)
        dataset = self.opened()
        name_left_out(dataset)
        parts = parts_of(dataset)
        places = _places(self.target, parts)
        with unfinished(self.target) as place_for_it:
            place_for_it.require_free(places)
            scratch = place_for_it.content
            _write(parts, scratch, places, self.target)
            for opened, expected in _written(scratch, places, dataset, self.unicode_form):
                _require_same(opened, expected, self.target)
            for place in places:
                close_lmdb(str(scratch / place.name))  # so that it can be moved on every system
            place_for_it.move(places)
        for note in dataset.notes:
            LOGGER.warning("note        %s", note)
        counts = ", ".join(f"{part} {len(samples)}" for part, samples in parts.items() if part)
        show(
            f"{', '.join(map(str, places))}  {counted(len(dataset.everything), 'image')}"
            f"{f' ({counts})' if counts else ''}, {len(dataset.left_out)} left out"
        )


def _require_known(target: Path) -> None:
    if target.suffix.lower() in OTHERS:
        raise InputError(f"expected a new folder, or a .csv, .txt or .lmdb, received {target}")


def _places(target: Path, parts: Parts) -> list[Path]:
    """Return what is to be written: one folder or file, or a file for each part."""
    if "" in parts or target.suffix.lower() not in FILES:
        return [target]
    return [target.with_suffix(f".{part}{target.suffix}") for part in parts]


def _write(parts: Parts, scratch: Path, places: list[Path], target: Path) -> None:
    suffix = target.suffix.lower()
    if suffix not in FILES:
        write_folder(parts, scratch / target.name)
        return
    for place, samples in zip(places, parts.values(), strict=True):
        if suffix in LISTS:
            write_list(samples, scratch / place.name, target.parent)
        else:
            from ctckit.sources.tools.lmdb_writer import pack_lmdb

            pack_lmdb(samples, scratch / place.name)


def _written(
    scratch: Path, places: list[Path], dataset: Dataset, unicode_form: str
) -> Iterator[tuple[Sequence[Sample], Sequence[Sample]]]:
    """Open what was written, and yield the samples found of each part, and those expected."""
    options = SourceOptions(unicode_form=unicode_form, empty_labels="keep")
    opened = [open_dataset(scratch / place.name, options) for place in places]
    found = [part for each in opened for part in _filled(each)]
    yield from zip(found, _filled(dataset), strict=True)


def _filled(dataset: Dataset) -> list[Sequence[Sample]]:
    return [part for part in (dataset.samples, dataset.validation, dataset.test) if part]


def _require_same(found: Iterable[Sample], expected: Iterable[Sample], target: Path) -> None:
    """Refuse a form in which a label comes back as another one."""
    missing = Counter(label for _, label in expected) - Counter(label for _, label in found)
    if missing:
        raise InputError(
            f"expected a form that can hold every label, received {target}, from which the label "
            f"{next(iter(missing))!r} would come back as another one; choose another form"
        )
