"""What makes the results of a read what they are: it is gone on with by the same command only."""

from collections.abc import Iterable
from hashlib import blake2b, file_digest
from pathlib import Path
from typing import Any

from ctckit import __version__
from ctckit.cli.reader_options import ReaderOptions
from ctckit.inference.reader import ImageToWordModel

Command = dict[str, Any]  # ready for JSON


def command_of(
    options: ReaderOptions, model: ImageToWordModel, images: list[str], shards: int
) -> Command:
    """Return what the texts and their order come of, but not what computes them, and how fast.

    The images are known by their addresses, in their order, and files by their content: machines
    may have the model in different places, not the images.
    """
    lexicon = None if options.lexicon is None else _of_file(options.lexicon)
    return {
        "images": f"{len(images)} ({_of_texts(images)})",
        "model": _of_file(model.model_path),
        "reading_widths": list(model.reading_widths),
        "vocab": options.vocab,
        "characters": options.characters,
        "pattern": options.pattern,
        "length": options.length,
        "lexicon": lexicon,
        "min_confidence": options.min_confidence,
        "shards": shards,
        "version": __version__,
    }


def _of_file(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, lambda: blake2b(digest_size=8)).hexdigest()


def _of_texts(texts: Iterable[str]) -> str:
    digest = blake2b(digest_size=8)
    for text in texts:
        digest.update(text.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()
