"""Measure what ready-made readers read, which are taken as they come, without any training.

    python -m benchmarks.ready_made --datasets captcha_images_v2.zip words.zip      about 5 minutes
    python -m benchmarks.ready_made --quick                                         about 1 minute

Those whose models lie in their packages; what is not installed is left out. Best in an environment
of its own:

    pip install --no-deps "ddddocr>=1.6,<2"         needs nothing more; would bring a second OpenCV
    pip install "rapidocr-onnxruntime>=1.4,<2"      PP-OCRv4; Python 3.11 or 3.12

Of rapidocr the recogniser alone is asked, as the images are cut out already. Each image is read by
itself on one thread, from decoded pixels. The speed is by processor time, on which other programs
of the machine have less influence than on the clock.

Three counts: of the texts as read; in any case, that is, both in lower case; and with the set's
own characters only, in any case: what no label has is taken out of the texts, as whoever knows
the alphabet of the images can do without any labels.
"""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnxruntime
from PIL import Image

from benchmarks.common import load, save, table
from ctckit.cli.arguments import parse_arguments
from ctckit.cli.running import run_command
from ctckit.data.samples import Sample
from ctckit.errors import InputError
from ctckit.evaluation.leniency import Leniency
from ctckit.image.decode import ImageReader
from ctckit.log import LOGGER, progress
from ctckit.sources import open_dataset
from ctckit.text.error_rates import ErrorCounts, count_errors
from ctckit.text.vocabulary import spell

QUICK_IMAGES = 50


class Reader(NamedTuple):
    """A tool that was started: from pixels (H, W, 3), BGR, to a text; the file of its model."""

    read: Callable[[np.ndarray], str]
    model: Path


class Tool(NamedTuple):
    """A ready-made reader: its module and package, how to get it and how to start it."""

    module: str
    package: str
    pip: str
    start: Callable[[], Reader]


@dataclass(frozen=True)
class Arguments:
    """The command line."""

    datasets: tuple[str, ...] = ()
    """Folders, .zip or CSV files of images; none: captcha_images_v2."""
    limit: int | None = None
    """Images of each set, spread evenly over it; None: all."""
    quick: bool = False
    """50 images of each set: to see it work."""
    output: Path = Path("benchmarks/results/ready_made.json")
    """JSON file to write."""


def main() -> None:
    """Read every set with every tool."""
    arguments = parse_arguments(Arguments, prog="ready_made", description=__doc__)
    limit = QUICK_IMAGES if arguments.quick else arguments.limit
    if limit is not None and limit < 1:
        raise InputError(f"expected 1 or more, received {limit}", argument="limit")
    tools = installed(TOOLS)
    readers = {name: tool.start() for name, tool in tools.items()}
    results = []
    for source in arguments.datasets or (None,):
        dataset = load(None)[0] if source is None else open_dataset(source)
        samples = spread(dataset.everything, limit)
        LOGGER.info("%s: %d images", dataset.name, len(samples))
        for name, reader in readers.items():
            results.append({"set": dataset.name, "tool": name, **measure(reader, samples)})
    print(table([lay_out(result) for result in results]))
    versions = {tool.package: version(tool.package) for tool in tools.values()}
    save({"versions": versions, "results": results}, arguments.output)


def installed(tools: dict[str, Tool]) -> dict[str, Tool]:
    """Return the tools that are installed; log how to get the others.

    Raises:
        InputError: none is.
    """
    if not any(find_spec(tool.module) for tool in tools.values()):
        pips = dict.fromkeys(tool.pip for tool in tools.values())
        raise InputError(f"expected a ready-made reader, received none; {', or '.join(pips)}")
    return those_installed(tools)


def those_installed(tools: dict[str, Tool]) -> dict[str, Tool]:
    """Return the tools that are installed, perhaps none; log how to get the others."""
    found = {name: tool for name, tool in tools.items() if find_spec(tool.module)}
    missing = {tool.package: tool.pip for name, tool in tools.items() if name not in found}
    for package, pip in missing.items():
        LOGGER.warning("%s is not installed and left out; %s", package, pip)
    return found


def spread(samples: Sequence[Sample], limit: int | None) -> list[Sample]:
    """Return `limit` of the samples, not the first ones: they are sorted, often by label."""
    count = min(limit or len(samples), len(samples))
    return [samples[index * len(samples) // count] for index in range(count)]


def measure(reader: Reader, samples: list[Sample]) -> dict[str, object]:
    """Read every image; return the figures."""
    texts, seconds = read_all(reader, samples)
    labels = [sample.label for sample in samples]
    return {
        "images": len(samples),
        **{name: figures(errors) for name, errors in count_all(texts, labels).items()},
        "images_per_second": len(samples) / seconds,
        "model_bytes": reader.model.stat().st_size,
    }


def read_all(reader: Reader, samples: Sequence[Sample]) -> tuple[list[str], float]:
    """Return the texts of all images, and the seconds of the processor that it took."""
    decode = ImageReader(channels=3)
    texts, seconds = [], 0.0
    reader.read(decode(samples[0].image, "")[0])  # the first image sets up things
    for sample in progress(samples, "images", unit="image"):
        pixels, _ = decode(sample.image, "")
        began = time.process_time()
        text = reader.read(pixels)
        seconds += time.process_time() - began
        texts.append(spell(text.strip()))
    return texts, seconds


def count_all(texts: list[str], labels: list[str]) -> dict[str, ErrorCounts]:
    """Count the errors: as read; in any case; and without the characters that no label has."""
    known = set("".join(labels).lower())
    strange = "".join({char for char in "".join(texts) if char.lower() not in known})
    ways = {
        "as_read": Leniency(),
        "any_case": Leniency(ignore_case=True),
        "own_characters": Leniency(ignore_case=True, ignore=strange or None),
    }
    return {
        name: count_errors([*map(compared, texts)], [*map(compared, labels)])
        for name, compared in ways.items()
    }


def figures(errors: ErrorCounts) -> dict[str, float]:
    """Return what is kept of a count."""
    return {"misread": errors.wrong_texts, "wer": errors.wer, "cer": errors.cer}


def lay_out(result: dict) -> dict[str, str]:
    """Lay out a result."""
    as_read, any_case, own = (result[way] for way in ("as_read", "any_case", "own_characters"))
    return {
        "set": f"{result['set']}, {result['images']:,}",
        "tool": result["tool"],
        "texts read exactly": f"{1 - as_read['wer']:.1%}",
        "in any case": f"{1 - any_case['wer']:.1%}",
        "and own characters only": f"{1 - own['wer']:.1%}",
        "CER": f"{as_read['cer']:.2%}",
        "CER in any case": f"{any_case['cer']:.2%}",
        "CER, own characters only": f"{own['cer']:.2%}",
        "images a second": f"{result['images_per_second']:.0f}",
        "MB": f"{result['model_bytes'] / 1e6:.1f}",
    }


def start_ddddocr(model: str) -> Reader:
    """Start ddddocr with one of its two models; it would take all cores by itself."""
    ddddocr = import_module("ddddocr")
    engine = ddddocr.DdddOcr(show_ad=False, beta=model == "common.onnx")
    path = Path(ddddocr.__file__).parent / model
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    engine.ocr_engine.session = onnxruntime.InferenceSession(path, options)
    return Reader(lambda pixels: engine.classification(Image.fromarray(pixels[..., ::-1])), path)


def start_rapidocr() -> Reader:
    """Start the recogniser of rapidocr."""
    rapidocr = import_module("rapidocr_onnxruntime")
    engine = rapidocr.RapidOCR(intra_op_num_threads=1, inter_op_num_threads=1)
    (path,) = (Path(rapidocr.__file__).parent / "models").glob("*_rec_*.onnx")
    return Reader(lambda pixels: engine(pixels, use_det=False, use_cls=False)[0][0][0], path)


GET_DDDDOCR = 'pip install --no-deps "ddddocr>=1.6,<2"'
GET_RAPIDOCR = 'pip install "rapidocr-onnxruntime>=1.4,<2"'
TOOLS = {
    **{
        f"ddddocr, {model}": Tool("ddddocr", "ddddocr", GET_DDDDOCR, partial(start_ddddocr, model))
        for model in ("common_old.onnx", "common.onnx")
    },
    "rapidocr, PP-OCRv4": Tool(
        "rapidocr_onnxruntime", "rapidocr-onnxruntime", GET_RAPIDOCR, start_rapidocr
    ),
}


if __name__ == "__main__":
    sys.exit(run_command(main))
