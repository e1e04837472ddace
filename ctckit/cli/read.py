"""`ctckit read`: the text of images."""

import os
import sys
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from ctckit.cli import shards
from ctckit.cli.image_words import images_of_words
from ctckit.cli.ray_engine import ReadImages, rows_by_ray
from ctckit.cli.read_command import Command, command_of
from ctckit.cli.read_output import Row, is_folder, require_output_name, show_rows
from ctckit.cli.read_parts import Parts, whole_parts
from ctckit.cli.reader_options import ReaderOptions
from ctckit.cli.running import require_packages
from ctckit.cli.shards import Part, Shard, parse_shard
from ctckit.errors import InputError, nearest_name
from ctckit.inference.reader import ImageToWordModel
from ctckit.log import LOGGER, counted, format_seconds, progress
from ctckit.run_folder import newest_run
from ctckit.terminal import show_json

ENGINES = ("here", "ray")
ON_GPU = ("cuda", "tensorrt", "migraphx")  # providers that Ray has to give a GPU to


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
    """Images to read: files, folders, .zip archives, lists of files (.txt, .csv, …), wildcards
    such as 'photos/**/*.jpg' in quotes, or addresses such as s3://bucket/new/."""
    out: str | None = field(default=None, metadata={"metavar": "PATH"})
    """File for the results, .csv, .jsonl or .parquet, instead of lines in the terminal; names and
    texts are in it as they are. Or a folder for Parquet files, FOLDER/."""
    shard: str | None = field(default=None, metadata={"metavar": "NUMBER/COUNT"})
    """Read only a share of the images, such as 1/4: the first quarter of them. Processes of 1/4 to
    4/4 with the same --out read all, and the last one to end puts the results together."""
    engine: str = "here"
    """What reads: here, this process, or ray, the processes of a Ray cluster, with --out; a reader
    for every --num-threads cores, 0 being 1 there."""
    json: bool = False
    """Print the result as one JSON object, the last line on stdout."""

    def __post_init__(self) -> None:
        """Refuse what cannot be written, and what is no share."""
        super().__post_init__()
        parse_shard(self.shard)
        if self.out is not None:
            require_output_name(self.out)
        if self.engine not in ENGINES:
            raise InputError(
                f"expected {' or '.join(ENGINES)}, received '{self.engine}'."
                f"{nearest_name(self.engine, ENGINES)}",
                argument="engine",
            )
        if self.engine == "ray" and self.out is None:
            raise InputError("expected --out beside ray, received none; name a file for the "
                             "results", argument="engine")  # fmt: skip

    def run(self) -> None:
        """Do it; exit with status 1 if some images could not be read."""
        if not self.images:
            raise InputError(
                "expected at least one image file to read, or a folder, an archive or a list of "
                "them, received none"
            )
        if self.out and (is_folder(self.out) or Path(self.out).suffix.lower() == ".parquet"):
            require_packages("pyarrow", extra="parquet")
        if self.engine == "ray":
            require_packages("ray", "pyarrow", "pandas", extra="ray")
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
        read = self._read_by_ray if self.engine == "ray" else self._read_here
        with closing(read(model, images, left)) as come:
            for part, rows in come:
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

    def _read_here(
        self, model: ImageToWordModel, images: list[str], parts: list[Part]
    ) -> Generator[tuple[Part, list[Row]], None, None]:
        """Yield each part with its rows, in their order."""
        places = [place for part in parts for place in part.places]
        yield from whole_parts(self._rows(model, images, places), parts)

    def _read_by_ray(
        self, model: ImageToWordModel, images: list[str], parts: list[Part]
    ) -> Generator[tuple[Part, list[Row]], None, None]:
        """Yield each part with its rows, as the processes of a Ray cluster read them."""
        there = replace(
            self, model=self.model or model.model_path, num_threads=self.num_threads or 1
        )
        open_reader = partial(_open_there, there, Path.cwd(), command_of(self, model, [], 1))
        read = rows_by_ray(open_reader, images, parts, cores=there.num_threads,
                           gpus=int(self.provider in ON_GPU))  # fmt: skip
        total = sum(len(part.places) for part in parts)
        with progress((), "reading", total=total, unit="img") as bar:
            for part, rows in read:
                unreadable = _errors(rows)
                if unreadable:
                    _require_unreadable(model, unreadable[0])
                for row in unreadable:
                    LOGGER.error("error: %s", row["error"])
                bar.update(len(rows))
                yield part, rows

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


def _open_there(read: Read, folder: Path, expected: Command) -> ReadImages:
    """Return what reads images as `read` does, in another process, and maybe on another machine.

    Args:
        read: the command.
        folder: where it was given; what it names is found from there.
        expected: what the results come of, where it was given.

    Raises:
        InputError: there is no such folder here, or results would come of something else.
    """
    try:
        os.chdir(folder)
    except OSError as error:
        raise InputError(
            f"expected the folder {folder}, in which the command runs, on every machine of the "
            f"cluster, received '{error.strerror}'; share it among them"
        ) from error
    model = read.open(read.model)
    found = command_of(read, model, [], 1)
    if different := [name for name in expected if found[name] != expected[name]]:
        raise InputError(
            f"expected the same {' and '.join(different)} as where the command runs, received "
            f"{', '.join(str(found[name]) for name in different)} here; share the files, and "
            "install the same version everywhere"
        )

    def read_images(images: list[str]) -> list[Row]:
        found: dict[int, Row] = {}
        for some in read._rows(model, images, range(len(images))):
            found |= some
        return [found[place] for place in range(len(images))]

    return read_images


def _require_unreadable(model: ImageToWordModel, row: Row) -> None:
    """Refuse an error of another machine about an image that can be read here.

    Raises:
        InputError: that machine does not reach the images, or has others.
    """
    try:
        model.prepare(row["image"])
    except InputError:
        return
    raise InputError(
        f"expected images that every machine of the cluster reaches, received one where "
        f"{row['image']} cannot be read, which can be read here ({row['error']}); share the "
        "folder of the images among them"
    )
