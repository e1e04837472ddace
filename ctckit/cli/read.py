"""`ctckit read`: the text of images."""

import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ctckit.cli import shards
from ctckit.cli.image_words import images_of_words
from ctckit.cli.read_command import command_of
from ctckit.cli.read_output import Row, is_folder, require_output_name, show_rows
from ctckit.cli.read_parts import Parts, whole_parts
from ctckit.cli.reader_options import ReaderOptions
from ctckit.cli.running import require_packages
from ctckit.cli.shards import Shard, parse_shard
from ctckit.errors import InputError
from ctckit.inference.reader import ImageToWordModel
from ctckit.log import LOGGER, counted, format_seconds, progress
from ctckit.run_folder import newest_run
from ctckit.terminal import show_json


@dataclass(frozen=True)
class Read(ReaderOptions):
    r"""Print file, text and confidence of each image, parted by tabs.

    Tabs, line breaks and backslashes in names and texts are printed as \t, \n and \\, and what
    would steer a terminal as \x1b. Images that cannot be read are named, the others are read, and
    the exit status is 1.

    What goes to --out is kept in parts of 1,000 images until all are read: the same command goes
    on where it was broken off. With --shard several processes share the images.
    """

    images: tuple[Path, ...] = field(default=(), metadata={"positional": True})
    """Images to read: files, folders, .zip archives, lists of files (.txt, .csv, …), or wildcards
    such as 'photos/**/*.jpg' in quotes."""
    out: str | None = field(default=None, metadata={"metavar": "PATH"})
    """File for the results, .csv, .jsonl or .parquet, instead of lines in the terminal; names and
    texts are in it as they are. Or a folder for Parquet files, FOLDER/."""
    shard: str | None = field(default=None, metadata={"metavar": "NUMBER/COUNT"})
    """Read only a share of the images, such as 1/4: the first quarter of them. Processes of 1/4 to
    4/4 with the same --out read all, and the last one to end puts the results together."""
    json: bool = False
    """Print the result as one JSON object, the last line on stdout."""

    def __post_init__(self) -> None:
        """Refuse what cannot be written, and what is no share."""
        super().__post_init__()
        parse_shard(self.shard)
        if self.out is not None:
            require_output_name(self.out)

    def run(self) -> None:
        """Do it; exit with status 1 if some images could not be read."""
        if not self.images:
            raise InputError(
                "expected at least one image file to read, or a folder, an archive or a list of "
                "them, received none"
            )
        if self.out and (is_folder(self.out) or Path(self.out).suffix.lower() == ".parquet"):
            require_packages("pyarrow", extra="parquet")
        model = self.open(self.model or newest_run().onnx)
        images = images_of_words(self.images)
        shard = parse_shard(self.shard)
        if self._write(model, images, shard) if self.out else self._show(model, images, shard):
            sys.exit(1)

    def _show(self, model: ImageToWordModel, images: list[str], shard: Shard) -> list[Row]:
        """Print what is read; return the rows of images that cannot be read."""
        unreadable: list[Row] = []
        kept: list[Row] = []
        number = 0
        for some in self._rows(model, images, shard.places(len(images))):
            unreadable += _errors(some.values())
            rows = [row for row in some.values() if "error" not in row]
            show_rows(rows)
            number += len(rows)
            kept += rows if self.json else []
        self._tell(model, number, unreadable, {"readings": kept})
        return unreadable

    def _write(self, model: ImageToWordModel, images: list[str], shard: Shard) -> list[Row]:
        """Write what is read, part by part; return the rows of images that cannot be read."""
        columns = ["image", "text", "confidence"]
        columns += ["accepted"] if self.min_confidence is not None else []
        parts = Parts(str(self.out), shard, len(images), columns)
        where = {"out": str(self.out), "shard": str(shard)}
        with parts.held(command_of(self, model, images, shard.count)) as is_joined:
            if not is_joined:
                unreadable, pace = self._write_parts(model, images, parts)
        missing = parts.join()
        where |= {"missing_shards": [each.number for each in missing]}
        if is_joined:
            LOGGER.info("%s is complete already; to read all anew, remove it", self.out)
            if self.json:
                show_json({"model": str(model.model_path)} | where)
            return []
        if missing:
            LOGGER.info("missing: shard %s; %s is complete when the last one is",
                        ", ".join(map(str, missing)), self.out)  # fmt: skip
        number = len(shard.places(len(images))) - len(unreadable)
        self._tell(model, number, unreadable, where | pace)
        return unreadable

    def _write_parts(
        self, model: ImageToWordModel, images: list[str], parts: Parts
    ) -> tuple[list[Row], dict[str, float]]:
        """Write the parts of a shard that are missing; return what cannot be read, and the pace."""
        shard, left = parts.shard, parts.missing(parts.shard)
        total = len(shard.places(len(images)))
        places = [place for part in left for place in part.places]
        if len(places) < total:
            LOGGER.info("going on: %d of %d images were read before", total - len(places), total)
        unreadable = _errors(parts.rows(parts.present(shard)))
        began = time.monotonic()
        for part, rows in whole_parts(self._rows(model, images, places), left):
            parts.write(part, rows)
            unreadable += _errors(rows)
        seconds = time.monotonic() - began
        pace = len(places) / seconds if places else 0.0
        LOGGER.info(
            "%s%s  %s; %d read in %s, %.0f images per second",
            self.out, f" {shard}" if shard.count > 1 else "", counted(total, "image"), len(places),
            format_seconds(seconds), pace,
        )  # fmt: skip
        return unreadable, {"seconds": round(seconds, 3), "images_per_second": round(pace, 1)}

    def _rows(
        self, model: ImageToWordModel, images: list[str], places: Iterable[int]
    ) -> Iterator[dict[int, Row]]:
        """Yield the rows of the images at some places, as they come, those of a yield in order.

        Images that cannot be read are named; their rows may come before their turn.
        """
        places = list(places)
        failed: dict[int, Row] = {}

        def skip(index: int, error: InputError) -> None:
            LOGGER.error("error: %s", error)
            place = places[index]
            failed[place] = self._row(images[place], None, None) | {"error": str(error)}
            bar.update()

        with progress((), "reading", total=len(places), unit="img") as bar:
            chosen = [images[place] for place in places]
            for read in model.in_order(chosen, self.batch_size, skip, part_size=shards.PART_SIZE):
                rows = {
                    places[index]: self._row(chosen[index], *reading) for index, reading in read
                }
                bar.update(len(read))
                yield rows | failed
                failed.clear()
        yield failed

    def _row(self, image: str, text: str | None, confidence: float | None) -> Row:
        row: Row = {"image": image, "text": text, "confidence": confidence}
        if self.min_confidence is not None:
            row["accepted"] = confidence is not None and confidence >= self.min_confidence
        return row

    def _tell(
        self, model: ImageToWordModel, number: int, unreadable: list[Row], where: dict[str, Any]
    ) -> None:
        """Say what was read, beyond the texts themselves."""
        if len(unreadable) > 1:
            LOGGER.error("%d of %d images could not be read", len(unreadable),
                         number + len(unreadable))  # fmt: skip
        if self.json:
            named = [{"image": row["image"], "reason": row["error"]} for row in unreadable]
            figures = {"model": str(model.model_path), "images": number, "unreadable": named}
            show_json(figures | where)


def _errors(rows: Iterable[Row]) -> list[Row]:
    """Return the rows of images that cannot be read."""
    return [row for row in rows if row.get("error")]
