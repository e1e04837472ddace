"""Which columns of a list hold image and label: by their usual names, or as a person says."""

import re
from collections.abc import Sequence

from ctckit.errors import InputError, nearest_name
from ctckit.sources.options import SourceOptions

# What people call them; where several are there, the earlier one counts. Names are compared as
# `_plain` returns them: `File Name`, `file_name` and `filename` are one.
IMAGE_NAMES = (
    "image", "path", "file", "filename", "imagepath", "imagefile", "imagefilename", "imagename",
    "filepath", "img", "imgpath", "imgname", "images",
)  # fmt: skip
LABEL_NAMES = (
    "label", "text", "words", "word", "transcription", "transcript", "platetext", "plate",
    "groundtruth", "gt", "labels", "caption", "sentence", "string", "target",
)  # fmt: skip


def choose_columns(names: Sequence[str], options: SourceOptions, place: str) -> tuple[int, int]:
    """Return the positions of image and label among the columns `names`.

    Args:
        names: of the columns, or keys of an object.
        options: their `columns` names both, or numbers them from 1; None: the usual names.
        place: to name the list to people.

    Raises:
        InputError: there are no such columns.

    >>> choose_columns(["id", "File Name", "text"], SourceOptions(), "labels.csv")
    (1, 2)
    """
    if options.columns is not None:
        image, label = (_named(name, names, place) for name in options.columns.split(","))
        if image == label:
            raise InputError(
                f"expected two columns, received '{options.columns}', which is one",
                argument="columns",
            )
        return image, label
    if (found := usual_columns(names)) is None:
        raise InputError(
            f"expected columns called image (or path, file, …) and label (or text, words, …) in "
            f"{place}, received {', '.join(names) or 'none'}; say which are meant, as image,label",
            argument="columns",
        )
    return found


def usual_columns(names: Sequence[str]) -> tuple[int, int] | None:
    """Return the positions of image and label by their usual names; None where one is missing.

    >>> usual_columns(["label", "path", "image"]), usual_columns(["a.png", "cat"])
    ((2, 0), None)
    """
    image, label = usual_image(names), usual_label(names)
    return None if image is None or label is None else (image, label)


def usual_image(names: Sequence[str]) -> int | None:
    """Return the position of the column with the image, by its usual names."""
    return next(iter(_those_of(IMAGE_NAMES, names)), None)


def usual_label(names: Sequence[str]) -> int | None:
    """Return the position of the column with the label, by its usual names."""
    return next(iter(usual_labels(names)), None)


def usual_labels(names: Sequence[str]) -> list[int]:
    """Return the positions of all columns that are usually labels, the likeliest first."""
    return _those_of(LABEL_NAMES, names)


def _those_of(usual: Sequence[str], names: Sequence[str]) -> list[int]:
    positions = {_plain(name): index for index, name in reversed(list(enumerate(names)))}
    return [positions[name] for name in usual if name in positions]


def _named(wanted: str, names: Sequence[str], place: str) -> int:
    plain = [_plain(name) for name in names]
    if _plain(wanted) in plain:
        return plain.index(_plain(wanted))
    if wanted.strip().isdecimal() and 1 <= int(wanted) <= len(names):
        return int(wanted) - 1
    raise InputError(
        f"expected columns of {place}: {', '.join(names) or 'it has none'}; received "
        f"'{wanted.strip()}'.{nearest_name(wanted.strip(), names)}",
        argument="columns",
    )


def _plain(name: str) -> str:
    """Return a name without what people write in different ways."""
    return re.sub(r"[\s_-]+", "", name).casefold()
