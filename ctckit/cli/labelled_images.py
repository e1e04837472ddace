"""The labelled images of a source that a model is to be judged by."""

from pathlib import Path

from ctckit.cli.results import tell_records
from ctckit.data.samples import Dataset, LeftOut, Sample
from ctckit.errors import InputError
from ctckit.image.address import exists
from ctckit.log import LOGGER
from ctckit.sources.layouts import open_dataset
from ctckit.sources.options import SourceOptions
from ctckit.text.odd_characters import odd_characters


def labelled_images(source: Path, options: SourceOptions) -> tuple[list[Sample], list[LeftOut]]:
    """Return the samples of all parts of a source, and those whose image is not there.

    What else is left out, and what a person should know of the list, is logged.

    Raises:
        InputError: nothing usable is there.
    """
    dataset = open_dataset(source, options)
    missing = [record for record in dataset.left_out if not _is_there(record.image)]
    tell_records("left out", [record for record in dataset.left_out if record not in missing])
    for note in (*_notes(dataset), *_parts_note(dataset)):
        LOGGER.info("%s", note)
    return dataset.everything, missing


def _is_there(image: str) -> bool:
    try:
        return exists(image)
    except InputError:  # an archive that cannot be read
        return False


def _notes(dataset: Dataset) -> list[str]:
    """Return what to know of the list; what is odd about characters matters to who learns them."""
    of_characters = set(odd_characters([label for _, label in dataset.everything]))
    return [note for note in dataset.notes if note not in of_characters]


def _parts_note(dataset: Dataset) -> list[str]:
    """Tell which parts the images come from, where the source has several."""
    parts = {
        "to train on": dataset.samples, "to choose the epoch": dataset.validation,
        "to test with": dataset.test,
    }  # fmt: skip
    sizes = [f"{len(samples)} {name}" for name, samples in parts.items() if len(samples)]
    if len(sizes) < 2:
        return []
    return [f"all parts of {dataset.name} are read: {', '.join(sizes)}; give one part alone to "
            "judge on it"]  # fmt: skip
