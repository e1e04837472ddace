"""`ctckit read`: the text of images."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ctckit.cli.image_words import images_of_words
from ctckit.cli.read_output import require_table_name, show_rows, table_file
from ctckit.cli.reader_options import ReaderOptions
from ctckit.errors import InputError
from ctckit.inference.reader import ImageToWordModel
from ctckit.log import LOGGER, progress
from ctckit.run_folder import newest_run
from ctckit.terminal import show_json


@dataclass(frozen=True)
class Read(ReaderOptions):
    r"""Print file, text and confidence of each image, parted by tabs.

    Tabs, line breaks and backslashes in names and texts are printed as \t, \n and \\, and what
    would steer a terminal as \x1b. Images that cannot be read are named, the others are read, and
    the exit status is 1.
    """

    images: tuple[Path, ...] = field(default=(), metadata={"positional": True})
    """Images to read: files, folders, .zip archives, lists of files (.txt, .csv, …), or wildcards
    such as 'photos/**/*.jpg' in quotes."""
    out: Path | None = None
    """File for the results, .csv or .jsonl, instead of lines in the terminal; names and texts are
    in it as they are."""
    json: bool = False
    """Print the result as one JSON object, the last line on stdout."""

    def __post_init__(self) -> None:
        """Refuse what cannot be written."""
        super().__post_init__()
        if self.out is not None:
            require_table_name(self.out)

    def run(self) -> None:
        """Do it; exit with status 1 if some images could not be read."""
        if not self.images:
            raise InputError(
                "expected at least one image file to read, or a folder, an archive or a list of "
                "them, received none"
            )
        model = self.open(self.model or newest_run().onnx)
        images = images_of_words(self.images)
        columns = ["image", "text", "confidence"]
        columns += ["accepted"] if self.min_confidence is not None else []
        unreadable: list[dict[str, str]] = []
        kept: list[dict[str, Any]] = []
        number = 0
        with table_file(self.out, columns) if self.out else nullcontext(show_rows) as write:
            for rows in self._rows(model, images, unreadable):
                write(rows)
                number += len(rows)
                kept += rows if self.json and not self.out else []
        self._tell(model, number, kept, unreadable)
        if unreadable:
            sys.exit(1)

    def _rows(
        self, model: ImageToWordModel, images: Sequence[str], unreadable: list[dict[str, str]]
    ) -> Iterator[list[dict[str, Any]]]:
        """Yield what is read, in the order of the images; name those that cannot be read."""

        def skip(place: int, error: InputError) -> None:
            LOGGER.error("error: %s", error)
            unreadable.append({"image": images[place], "reason": str(error)})
            bar.update()

        with progress((), "reading", total=len(images), unit="img") as bar:
            for read in model.in_order(images, self.batch_size, skip):
                yield [self._row(images[place], *reading) for place, reading in read]
                bar.update(len(read))

    def _row(self, image: str, text: str, confidence: float) -> dict[str, Any]:
        row = {"image": image, "text": text, "confidence": confidence}
        if self.min_confidence is not None:
            row["accepted"] = confidence >= self.min_confidence
        return row

    def _tell(
        self,
        model: ImageToWordModel,
        number: int,
        kept: list[dict[str, Any]],
        unreadable: list[dict[str, str]],
    ) -> None:
        """Say what was read, beyond the texts themselves."""
        if len(unreadable) > 1:
            LOGGER.error("%d of %d images could not be read", len(unreadable),
                         number + len(unreadable))  # fmt: skip
        if self.out:
            LOGGER.info("%s  %d images", self.out, number)
        if self.json:
            where = {"out": str(self.out)} if self.out else {"readings": kept}
            figures = {"model": str(model.model_path), "images": number, "unreadable": unreadable}
            show_json(figures | where)
