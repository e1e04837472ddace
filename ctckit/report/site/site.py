"""The folder of the page: the reader, what runs it, and what a person sees."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ctckit.data.samples import Sample
from ctckit.errors import InputError
from ctckit.files import new_folder
from ctckit.hub import fetch_from_hub, is_hub_address
from ctckit.image.decode import ImageReader
from ctckit.inference.description import describe
from ctckit.inference.session import find_model_file
from ctckit.log import LOGGER
from ctckit.report.grid import save_png
from ctckit.report.markdown import MARKDOWN
from ctckit.report.page.page import TEMPLATES
from ctckit.report.site.runtime import FILES
from ctckit.run_folder import RunFolder, file_of_form
from ctckit.sources.layouts import open_dataset

MODEL = "model.reader.onnx"
SCRIPTS = ("page.js", "pixels.js")
NUM_EXAMPLES = 8
_TEMPLATES = {"index.html": TEMPLATES, "style.css": TEMPLATES, "README.md": MARKDOWN}


def write_site(
    model: Path,
    folder: Path,
    *,
    runtime: Path,
    title: str | None = None,
    num_examples: int = NUM_EXAMPLES,
) -> Path:
    """Write a folder of static files that reads images in the browser, whole or not at all.

    Images never leave the browser: the page asks for its own files only, and its content security
    policy forbids all else. Its `README.md` is that of a static Space of the Hugging Face Hub.

    Args:
        model: a reader form, or the folder of a run that has one.
        folder: to make; free, or empty.
        runtime: with the files of onnxruntime-web, see `find_runtime`.
        title: of the page; None: by the dataset that the model has learned from.
        num_examples: images that the run validated with, to try; none where the model lies alone.

    Returns:
        The folder.

    Raises:
        InputError: the model is no reader form, or the folder is not free.
    """
    file = find_reader(model)
    facts = describe(file)
    dataset = facts.get("dataset")
    title = title or (f"A reader of {dataset}" if dataset else "A reader of small images of text")
    examples = _examples(RunFolder(file.parent), num_examples)
    with new_folder(folder) as site:
        shutil.copyfile(file, site / MODEL)
        (site / "runtime").mkdir()
        for name in FILES:
            shutil.copyfile(runtime / name, site / "runtime" / name)
        for name in SCRIPTS:
            shutil.copyfile(Path(__file__).with_name(name), site / name)
        names = _write_examples(examples, site / "examples")
        values = {"title": title, "facts": facts, "examples": names}
        for name, environment in _TEMPLATES.items():
            text = environment.get_template(f"site/{name}").render(values)
            (site / name).write_text(text, encoding="utf-8", errors="xmlcharrefreplace")
    return folder


def find_reader(model: Path) -> Path:
    """Return the file of a reader form.

    Args:
        model: the file, the folder of a run, or `hf://owner/name`.

    Raises:
        InputError: it is none, or there is none.
    """
    if is_hub_address(model):
        file = fetch_from_hub(model, MODEL)
    else:
        file = RunFolder(model).reader if model.is_dir() else find_model_file(model)
    if not file.is_file():
        raise InputError(
            f"expected a reader form in {model}, received a folder without {file.name}; "
            f"do: ctckit export {model}"
        )
    if describe(file)["form"] != "reader":
        other = file_of_form(file, "reader")
        to_do = f"give {other}" if other.is_file() else f"do: ctckit export {file}"
        raise InputError(f"expected a reader form, received another form in {file}; {to_do}")
    return file


def _examples(run: RunFolder, count: int) -> Sequence[Sample]:
    """Return up to `count` of the images that a run validated with, spread over all."""
    if not count or not run.val_csv.is_file():
        return []
    samples: list[Any] = list(open_dataset(run.val_csv).samples)
    return samples[:: -(-len(samples) // count)]


def _write_examples(samples: Sequence[Sample], folder: Path) -> list[str]:
    """Write images as PNG, which hold the pixels and nothing else; return their names."""
    names = []
    for number, sample in enumerate(samples, start=1):
        try:
            pixels, _ = ImageReader(channels=3)(sample.image, "")
        except InputError as error:
            LOGGER.warning("not among the examples: %s", error)
            continue
        names.append(f"{number}.png")
        save_png(folder / names[-1], pixels)
    return names
