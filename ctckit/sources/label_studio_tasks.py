"""The export of Label Studio called JSON: tasks with their data and all annotations.

https://labelstud.io/guide/task_format: a task has `data`, with the image under a key of the
project's choice, and `annotations`, each with `was_cancelled`, `ground_truth`, `updated_at` and the
`result`: a list of what was filled in, by the name of the tag (`from_name`).
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from ctckit.errors import InputError
from ctckit.sources.columns import choose_columns, usual_image, usual_label
from ctckit.sources.json_text import kind_of
from ctckit.sources.label_studio_answers import EMPTY, SKIPPED, Answer
from ctckit.sources.label_studio_images import looks_like_image
from ctckit.sources.options import SourceOptions

Task = dict[str, Any]
NUM_LOOKED_AT = 100  # tasks, to see which keys hold images
VALUES = {"textarea": "text", "choices": "choices"}  # types of results, and the key of their texts


def answers_of_tasks(tasks: Sequence[Any], options: SourceOptions, place: str) -> Iterator[Answer]:
    """Yield the answer of each annotation; one of a task that has none.

    Raises:
        InputError: it is no such export; which keys hold image and text is not certain; or the
            texts are those of boxes within images.
    """
    _check(tasks, place)
    image_key, tag = _keys(tasks, options, place)
    for number, task in enumerate(tasks, start=1):
        image = task["data"].get(image_key)
        if not isinstance(image, str):
            raise InputError(
                f"expected a file name as {image_key} in task {number} of {place}, received "
                f"{kind_of(image)}"
            )
        name = str(number)  # not its id: two exports in one file may have the same
        annotations = _annotations(task)
        if not annotations:
            yield Answer(name, image, None, EMPTY, line=number)
        for annotation in annotations:
            text, reason = _text(annotation, tag)
            when = str(annotation.get("updated_at") or annotation.get("created_at") or "")
            is_truth = bool(annotation.get("ground_truth"))
            yield Answer(name, image, text, reason, when, is_truth, number)


def _check(tasks: Sequence[Any], place: str) -> None:
    for number, task in enumerate(tasks, start=1):
        if not isinstance(task, dict) or not isinstance(task.get("data"), dict):
            raise InputError(
                f"expected tasks of Label Studio with their data in {place}, received another "
                f"entry as number {number}; export the project as JSON once more"
            )
        for annotation in _annotations(task):
            if not isinstance(annotation, dict) or not isinstance(annotation.get("result"), list):
                raise InputError(
                    f"expected annotations with a result in {place}, received another form in "
                    f"task {number}; export the project as JSON once more"
                )


def _annotations(task: Task) -> list[Any]:
    found = task.get("annotations") or task.get("completions") or []  # the second until 2021
    return found if isinstance(found, list) else [found]


def _keys(tasks: Sequence[Task], options: SourceOptions, place: str) -> tuple[str, str]:
    """Return the key of the image in the data, and the name of the tag that holds the text."""
    keys = list(dict.fromkeys(key for task in tasks for key in task["data"]))
    tags = _tags(tasks, place)
    start = [task["data"] for task in tasks[:NUM_LOOKED_AT]]
    images = [key for key in keys if any(looks_like_image(data.get(key)) for data in start)]
    if options.columns is None:
        image = 0 if len(images) == 1 else usual_image(images)
        label = 0 if len(tags) == 1 else usual_label(tags)
        if image is not None and label is not None:
            return images[image], tags[label]
        names = [*images, *tags]
    else:
        names = [*keys, *(tag for tag in tags if tag not in keys)]
    image, label = choose_columns(names, options, place)
    if names[label] not in tags:
        raise InputError(
            f"expected a tag that holds texts in {place}: {', '.join(tags) or 'it has none'}; "
            f"received '{names[label]}'",
            argument="columns",
        )
    return names[image], names[label]


def _tags(tasks: Sequence[Task], place: str) -> list[str]:
    """Return the names of the tags with texts; where there are text areas, of these alone."""
    types: dict[str, str] = {}
    boxes: Counter[str] = Counter()
    for task in tasks:
        for result in (each for found in _annotations(task) for each in found["result"]):
            kind = result.get("type") if isinstance(result, dict) else None
            if kind not in VALUES or not isinstance(result.get("value"), dict):
                continue
            if "x" in result["value"] or "points" in result["value"]:
                boxes[str(result.get("from_name"))] += 1
            else:
                types[str(result.get("from_name"))] = kind
    if boxes and not types:
        raise InputError(
            f"expected one text for each image in {place}, received {boxes.total()} texts of boxes "
            "within images; cut these out, and label the pieces"
        )
    areas = [name for name, kind in types.items() if kind == "textarea"]
    return areas or list(types)


def _text(annotation: Task, tag: str) -> tuple[str | None, str]:
    """Return the text of an annotation, or why it has none."""
    if annotation.get("was_cancelled") or annotation.get("skipped"):
        return None, SKIPPED
    texts: list[Any] = []
    for result in annotation["result"]:
        if isinstance(result, dict) and result.get("from_name") == tag:
            found = (result.get("value") or {}).get(VALUES.get(str(result.get("type"))), [])
            texts.extend(found if isinstance(found, list) else [found])
    if not texts:
        return None, EMPTY
    return (str(texts[0]), "") if len(texts) == 1 else (None, "several texts")
