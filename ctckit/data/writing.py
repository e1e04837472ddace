"""Write labelled images in another form: a folder with a list, or a list alone."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from ctckit.data.samples import Dataset, Sample
from ctckit.errors import InputError
from ctckit.files import write_table
from ctckit.image.address import absolute, file_of, name_of, read_bytes, relative_to
from ctckit.image.content import require_image
from ctckit.image.kinds import image_kind
from ctckit.log import progress

LIST_NAME = "labels.csv"
SUFFIXES = {
    "PNG": ".png", "JPEG": ".jpg", "GIF": ".gif", "BMP": ".bmp", "WebP": ".webp", "TIFF": ".tif",
}  # fmt: skip

Parts = Mapping[str, Sequence[Sample]]


def parts_of(dataset: Dataset) -> Parts:
    """Return the parts that a dataset came with, as train, val and test; "" names the only one."""
    parts = {"train": dataset.samples, "val": dataset.validation, "test": dataset.test}
    filled = {name: samples for name, samples in parts.items() if samples}
    return filled if len(filled) > 1 else {"": dataset.samples}


def write_folder(parts: Parts, folder: Path) -> None:
    """Copy the images to a folder with a `labels.csv`; of several parts each gets a folder in it.

    Images keep their bytes, and their names as far as these are different.

    Args:
        parts: samples by the name of their part, "" for the only one.
        folder: to make.

    Raises:
        InputError: an image cannot be read, or is none.
        OSError: nothing can be written there.
    """
    total = sum(map(len, parts.values()))
    with progress((), "copy", total=total, unit="image") as bar:
        for part, samples in parts.items():
            (folder / part).mkdir(parents=True)
            _copy(samples, folder / part, bar.update)


def write_list(samples: Sequence[Sample], file: Path, folder: Path) -> None:
    """Write a CSV with the columns image and label, or a `.txt` with a tab between both.

    The images stay where they are: those below `folder` are named relative to it, the others by
    their absolute addresses.

    Args:
        samples: to list.
        file: to write, a `.csv` or a `.txt`.
        folder: where the file will be.

    Raises:
        InputError: a line of a `.txt` cannot hold an address or a label.
    """
    folder = folder.resolve()
    rows = [(_listed(sample.image, folder), sample.label) for sample in samples]
    if file.suffix.lower() == ".csv":
        write_table(file, ("image", "label"), rows)
        return
    for row in rows:
        _require_plain(row)
    lines = [f"{image}\t{label}\n" for image, label in rows]
    file.write_text("".join(lines), encoding="utf-8", newline="")


def read_image(address: str) -> bytes:
    """Return the bytes of an image file: what a list names is copied only if it is one.

    Raises:
        InputError: it cannot be read, or is no image.
    """
    content = read_bytes(address)
    require_image(content, address)
    return content


def _copy(samples: Sequence[Sample], folder: Path, done: Callable[[], object]) -> None:
    rows = []
    taken = {LIST_NAME}
    for image, label in samples:
        content = read_image(image)
        name = _free_name(name_of(image), content, taken)
        (folder / name).write_bytes(content)
        rows.append((name, label))
        done()
    write_table(folder / LIST_NAME, ("image", "label"), rows)


def _free_name(name: str, content: bytes, taken: set[str]) -> str:
    """Return the name of a file that is still free on every system, with a suffix of images."""
    path = PurePosixPath(name)
    kind = image_kind(content[:64])
    suffix = path.suffix or SUFFIXES.get(kind or "", ".png")
    stem = path.stem or "image"
    free, number = f"{stem}{suffix}", 1
    while free.lower() in taken:
        number += 1
        free = f"{stem}-{number}{suffix}"
    taken.add(free.lower())
    return free


def _listed(image: str, folder: Path) -> str:
    address = absolute(image)
    is_below = Path(file_of(address)).is_relative_to(folder)
    return relative_to(address, folder) if is_below else address


def _require_plain(row: tuple[str, str]) -> None:
    for text in row:
        if re.search(r"[\t\r\n]", text) or text.startswith('"'):
            raise InputError(
                f"expected addresses and labels without tabs, line breaks and a quote in front for "
                f"a .txt, received {text!r} ({row[0]!r}); write a .csv"
            )
