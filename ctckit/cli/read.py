"""`ctckit read`: the text of images."""

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ctckit.cli.reader_options import ReaderOptions
from ctckit.errors import InputError
from ctckit.inference.reader import ImageToWordModel, Reading
from ctckit.log import LOGGER
from ctckit.run_folder import newest_run


@dataclass(frozen=True)
class Read(ReaderOptions):
    """Print file, text and confidence of each image."""

    images: tuple[Path, ...] = field(default=(), metadata={"positional": True})
    """Image files to read."""
    json: bool = False
    """Print the result as one JSON object, the last line on stdout."""

    def run(self) -> None:
        """Do it; exit with status 1 if some images could not be read."""
        if not self.images:
            raise InputError("expected at least one image file to read, received none")
        model = self.open(self.model or newest_run().onnx)
        readings = []
        for image, (text, confidence) in read_each(model, self.images):
            reading = {"image": str(image), "text": text, "confidence": confidence}
            columns = [image, text, f"{confidence:.4f}"]
            if self.min_confidence is not None:
                reading["accepted"] = confidence >= self.min_confidence
                columns.append("ok" if reading["accepted"] else "look")
            print(*columns, sep="\t", flush=True)
            readings.append(reading)
        if self.json:
            figures = {
                "model": str(model.model_path), "images": len(readings), "readings": readings,
            }  # fmt: skip
            print(json.dumps(figures, ensure_ascii=False))
        if len(readings) < len(self.images):
            sys.exit(1)


def read_each(model: ImageToWordModel, images: Iterable[Path]) -> Iterator[tuple[Path, Reading]]:
    """Read the images one by one; those that cannot be read are named in the log and skipped."""
    for image in images:
        try:
            pixels = model.prepare(image)
        except InputError as error:
            LOGGER.error("error: %s", error)
            continue
        yield image, model.read_batch(pixels[None])[0]
