"""Exports of Label Studio that have one record for each annotation: JSON-MIN, CSV and TSV.

The keys of a task's data and the names of the tags that people filled in stand side by side, with
`id`, `annotation_id`, `annotator`, `created_at`, `updated_at` and `lead_time`. Skipped annotations
are not in these files: https://labelstud.io/guide/export.
"""

import csv
import json
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import Any

from ctckit.errors import InputError
from ctckit.sources.lists.columns import choose_columns, usual_label
from ctckit.sources.lists.json_text import kind_of
from ctckit.sources.options import SourceOptions
from ctckit.sources.tools.label_studio_answers import EMPTY, Answer
from ctckit.sources.tools.label_studio_images import looks_like_image

OWN = ("annotation_id", "annotator", "lead_time", "created_at", "updated_at")
OTHERS = (*OWN, "id", "agreement")
NUM_LOOKED_AT = 100  # records, to see which keys hold images

Record = dict[str, Any]


def is_own(keys: Sequence[str]) -> bool:
    """Say whether these keys are those of such an export."""
    return all(key in keys for key in OWN[:3])


def csv_records(text: str, place: str) -> list[Record]:
    """Return the rows of a CSV or TSV file by column.

    Raises:
        InputError: it is none, or a row has too few or too many columns.
    """
    header = text.partition("\n")[0]
    reader = csv.reader(StringIO(text, newline=""), delimiter="\t" if "\t" in header else ",")
    names: list[str] = []
    records: list[Record] = []
    try:
        names = next(reader, [])
        for fields in filter(None, reader):
            if len(fields) != len(names):
                raise csv.Error(f"{len(fields)} columns instead of {len(names)}")
            records.append(dict(zip(names, map(_parsed, fields), strict=True)))
    except csv.Error as error:
        raise InputError(
            f"expected a CSV file as {place}, received something else in line {reader.line_num} "
            f"({error}); correct it there"
        ) from error
    return records


def _parsed(cell: str) -> Any:
    """Return what a cell holds: lists and objects stand there as JSON, other texts as they are."""
    if not cell.startswith(('["', "[{", '{"')):
        return cell
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        return cell


def answers_of_records(
    records: Sequence[Record], options: SourceOptions, place: str
) -> Iterator[Answer]:
    """Yield the answer in each record.

    Raises:
        InputError: which keys hold image and text is not certain, or the texts are those of boxes.
    """
    image_key, label_key = _keys(records, options, place)
    for number, record in enumerate(records, start=1):
        image = record.get(image_key)
        if not isinstance(image, str):
            raise InputError(
                f"expected a file name as {image_key} in record {number} of {place}, received "
                f"{kind_of(image)}"
            )
        text, reason = _text(record.get(label_key), f"record {number} of {place}")
        task = f"{record.get('id')} {image}"
        when = str(record.get("updated_at") or record.get("created_at") or "")
        yield Answer(task, image, text, reason, when, line=number)


def _keys(records: Sequence[Record], options: SourceOptions, place: str) -> tuple[str, str]:
    """Return the keys of image and text: called as usual, or the only ones that can be."""
    names = list(dict.fromkeys(key for record in records for key in record if key not in OTHERS))
    start = records[:NUM_LOOKED_AT]
    images = [name for name in names if any(looks_like_image(r.get(name)) for r in start)]
    texts = [name for name in names if name not in images]
    if options.columns is None and len(images) == 1:
        label = usual_label(texts) if len(texts) > 1 else 0
        if texts and label is not None:
            return images[0], texts[label]
    image, text = choose_columns(names, options, place)
    return names[image], names[text]


def _text(value: Any, where: str) -> tuple[str | None, str]:
    """Return the text in a record, or why there is none."""
    if isinstance(value, dict) and "x" not in value:
        value = value.get("choices", value.get("text", value))
    if value is None or value == "" or value == []:
        return None, EMPTY
    if isinstance(value, str | int) and not isinstance(value, bool):
        return str(value), ""
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return (value[0], "") if len(value) == 1 else (None, "several texts")
    raise InputError(
        f"expected one text for each image, received {kind_of(value)} in {where}: texts of boxes "
        "within images; cut these out, and label the pieces"
    )
