"""Whatever files are called: each address that a layout gives leads to the image of its label."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctckit.data.samples import write_csv
from ctckit.image.address import absolute, exists, read_bytes
from ctckit.image.lmdbs import close_lmdb
from ctckit.sources.layouts import open_dataset
from ctckit.sources.options import SourceOptions
from tests.image.lmdbs import make_lmdb
from tests.image.zips import make_zip

# What means something in addresses, lists, wildcards, code pages or shells; Windows knows them all.
PARTS = ["a", "1", "B", " ", "!", ".zip", ".zip!", ".mdb!", ".", ",", ";", "'", "#", "%20", "[x]",
         "{}", "$", "~", "é", "e\u0301", "图", "א", "-", "=", "&", "@", "("]  # fmt: skip


def is_usual(name: str) -> bool:
    """Say whether systems keep a name as it is, do not hide it, and a list tells it from two cells.

    `a,.png` in a list of commas is refused, even in quotes.
    """
    return name == name.strip(" .,")


NAMES = st.lists(st.sampled_from(PARTS), min_size=1, max_size=5).map("".join).filter(is_usual)
SETS = st.lists(
    NAMES, min_size=2, max_size=4, unique_by=lambda name: normalize("NFC", name.lower())
)


class Form(NamedTuple):
    """How a layout lies.

    Attributes:
        place: returns where the image of a name and a text is.
        texts: returns the files of text, given the labels by the places of their images.
        options: what to know of it besides; nothing: it is asked for by its name.
        is_label: whether the name is part of the label.
    """

    place: Callable[[str, str], str]
    texts: Callable[[dict[str, str]], dict[str, str]] = lambda images: {}
    options: dict[str, str] = {}
    is_label: bool = False


def table(images):
    rows = io.StringIO()
    csv.writer(rows).writerows([("image", "label"), *images.items()])
    return {"labels.csv": rows.getvalue()}


def objects(name, image, label):
    return lambda images: {
        name: "\n".join(json.dumps({image: place, label: text}) for place, text in images.items())
    }


def beside(images):
    return {f"{place.removesuffix('.png')}.txt": text for place, text in images.items()}


FORMS = {
    "list": Form(lambda name, label: f"{name}.png", table),
    "list of folders": Form(lambda name, label: f"{name}/{label}.png", table),
    "json": Form(lambda name, label: f"{name}.png", objects("rows.jsonl", "image", "label")),
    "huggingface": Form(
        lambda name, label: f"{name}.png", objects("metadata.jsonl", "file_name", "text")
    ),
    "doctr": Form(
        lambda name, label: f"images/{name}.png",
        lambda images: {
            "labels.json": json.dumps({Path(place).name: text for place, text in images.items()})
        },
    ),
    "sidecars": Form(lambda name, label: f"{name}.png", beside),
    "folders": Form(lambda name, label: f"{label} {name}/1.png", is_label=True),
    "names": Form(lambda name, label: f"{label}_{name}.png", options={"label_separator": "_"}),
}


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=20)
@given(SETS, NAMES)
def test_each_address_leads_to_the_image_of_its_label(form, packed, names, parent):
    place, texts, options, is_label = FORMS[form]
    images = {
        place(name, f"t{number}"): normalize("NFC", f"t{number} {name}")
        if is_label
        else f"t{number}"
        for number, name in enumerate(names)
    }
    files = {name: label.encode() for name, label in images.items()}
    files |= {name: text.encode() for name, text in texts(images).items()}
    layout = {} if options else {"layout": form.removesuffix(" of folders")}
    with TemporaryDirectory() as scratch:
        source = lay_out(Path(scratch, parent, "set"), files, packed=packed)
        samples = open_dataset(source, SourceOptions(**options, **layout)).samples
        require_images_of_labels(samples, [*images.values()])
        again = open_dataset(write_csv(samples, Path(scratch, "again.csv"))).samples
        require_images_of_labels(again, [*images.values()])


def lay_out(folder: Path, files: dict[str, bytes], *, packed: bool) -> Path:
    folder.parent.mkdir()
    if packed:
        return make_zip(folder.with_name("set.zip"), files)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def require_images_of_labels(samples, labels):
    assert sorted(sample.label for sample in samples) == labels
    for image, label in samples:
        assert exists(image)
        assert read_bytes(image) == read_bytes(absolute(image)) == label.encode()


@settings(max_examples=20)
@given(NAMES, NAMES, st.sampled_from([".mdb", ".lmdb"]), st.integers(1, 4))
def test_each_address_in_an_lmdb_file_leads_to_the_image_of_its_label(name, parent, suffix, count):
    labels = [f"t{number}" for number in range(count)]
    values = {"num-samples": str(count).encode()}
    for number, label in enumerate(labels, start=1):
        values |= dict.fromkeys((f"image-{number:09}", f"label-{number:09}"), label.encode())
    with TemporaryDirectory() as scratch:
        file = make_lmdb(Path(scratch, parent, f"{name}{suffix}"), values)
        samples = open_dataset(file).samples
        require_images_of_labels(samples, labels)
        again = open_dataset(write_csv(samples, Path(scratch, "again.csv"))).samples
        require_images_of_labels(again, labels)
        close_lmdb(str(file))
